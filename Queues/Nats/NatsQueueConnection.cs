using System.Text;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Frontier.Queues;

/// <summary>
/// One connection to one NATS server. Without JetStream the server confirms nothing by itself, but it answers PING after it has worked through everything
/// before: PONG confirms what was written before the PING. With JetStream the stream that has stored a message says so.
/// </summary>
internal sealed class NatsQueueConnection : IQueueConnection
{
    private const string PermissionError = "Permissions Violation for Publish to ";
    private const int StreamNotFound = 404;

    private static readonly NatsRawSerializer<ReadOnlyMemory<byte>> Payload = NatsRawSerializer<ReadOnlyMemory<byte>>.Default;

    private readonly Lock _gate = new();
    private readonly HashSet<Outgoing> _unconfirmed = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeSpan _patience;
    private readonly NatsConnection _client;
    private readonly NatsJSContext? _jetStream;
    private volatile string? _lastError;

    private NatsQueueConnection(NatsOpts options, bool isJetStream, TimeSpan patience)
    {
        _patience = patience;
        _client = new NatsConnection(options with { LoggerFactory = new NatsErrorLog(OnError) });
        _client.ConnectionDisconnected += (_, _) =>
        {
            Lose(new IOException(_lastError is { } error ? $"the NATS server says {error}" : "the NATS server closed the connection"));
            return default;
        };
        _client.ServerError += (_, error) =>
        {
            OnError(error.Error);
            return default;
        };
        _jetStream = isJetStream ? new NatsJSContext(_client) : null;
    }

    /// <inheritdoc/>
    public Task Lost => _lost.Task;

    /// <summary>The members of its cluster that the server has announced, as <c>host:port</c>.</summary>
    public IReadOnlyList<string> Announced => _client.ServerInfo?.ClientConnectUrls ?? [];

    /// <summary>Connects, logs in, and makes the stream when it is to be made and not there.</summary>
    /// <exception cref="Exception">The server cannot be reached or used.</exception>
    public static async Task<NatsQueueConnection> OpenAsync(
        NatsServerAddress server, string tlsHost, NatsOptions options, string name, TimeSpan connectTimeout, TimeSpan patience, CancellationToken cancellationToken)
    {
        var needsTls = options.Tls.Enable || server.RequiresTls;
        var connection = new NatsQueueConnection(
            NatsOpts.Default with
            {
                Url = $"{(server.RequiresTls ? "tls" : "nats")}://{(server.Host.Contains(':', StringComparison.Ordinal) ? $"[{server.Host}]" : server.Host)}:{server.Port}",
                Name = name,
                // Whether a message that was under way arrived is for the sender to find out: nothing may be sent again behind his back.
                MaxReconnectRetry = 0,
                ReconnectWaitMin = TimeSpan.FromHours(1),
                ReconnectWaitMax = TimeSpan.FromHours(1),
                RetryOnInitialConnect = false,
                ConnectTimeout = connectTimeout,
                CommandTimeout = patience,
                RequestTimeout = patience,
                PingInterval = TimeSpan.FromSeconds(10),
                HeaderEncoding = Encoding.UTF8,
                AuthOpts = AuthOf(server, options),
                TlsOpts = new NatsTlsOpts
                {
                    Mode = needsTls ? TlsMode.Require : TlsMode.Prefer,
                    ConfigureClientAuthentication = tls =>
                    {
                        tls.TargetHost = tlsHost;
                        tls.RemoteCertificateValidationCallback = TlsClient.Validation(options.Tls);
                        tls.ClientCertificates = TlsClient.Certificate(options.Tls) is { } certificate ? [certificate] : null;
                        return default;
                    },
                },
            },
            options.JetStream.Enable,
            patience);
        try
        {
            await connection.ConnectAsync(cancellationToken);
            if (connection._jetStream is { } jetStream)
            {
                await PrepareAsync(jetStream, options.JetStream, cancellationToken);
            }

            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(IReadOnlyList<Outgoing> messages, CancellationToken cancellationToken)
    {
        var written = new List<Outgoing>(messages.Count);
        foreach (var outgoing in messages)
        {
            var message = outgoing.Message;
            if (!NatsSubject.IsLegal(message.Topic))
            {
                outgoing.Fail(new FrontierException(FrontierErrorCode.Refused, "the topic cannot be a NATS subject"));
                continue;
            }

            var headers = HeadersOf(message, out var headerBytes);
            if (headerBytes + message.Payload.Length > _client.ServerInfo!.MaxPayload)
            {
                outgoing.Fail(new FrontierException(FrontierErrorCode.TooLarge));
                continue;
            }

            lock (_gate)
            {
                _unconfirmed.Add(outgoing);
            }

            if (_jetStream is not null)
            {
                var answer = await _jetStream.PublishConcurrentAsync(message.Topic, message.Payload, Payload, headers: headers, cancellationToken: cancellationToken);
                _ = ConfirmAsync(outgoing, answer);
            }
            else
            {
                await _client.PublishAsync(message.Topic, message.Payload, headers, serializer: Payload, cancellationToken: cancellationToken);
                written.Add(outgoing);
            }
        }

        if (written.Count > 0)
        {
            _ = ConfirmAsync(written);
        }
    }

    /// <inheritdoc/>
    public void Check()
    {
        List<Outgoing> late;
        lock (_gate)
        {
            late = [.. _unconfirmed.Where(outgoing => outgoing.Age > _patience)];
            late.ForEach(outgoing => _unconfirmed.Remove(outgoing));
        }

        late.ForEach(outgoing => outgoing.Fail(new FrontierException(FrontierErrorCode.Timeout)));
        if (late.Count > 0)
        {
            throw new TimeoutException(_jetStream is null ? "the NATS server does not answer" : "JetStream does not answer"); // Another server may.
        }

        if (_client.ConnectionState != NatsConnectionState.Open)
        {
            throw new IOException("the NATS server closed the connection");
        }
    }

    /// <inheritdoc/>
    public void FailAll(FrontierException error)
    {
        Outgoing[] all;
        lock (_gate)
        {
            all = [.. _unconfirmed];
            _unconfirmed.Clear();
        }

        foreach (var outgoing in all)
        {
            outgoing.Fail(error);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _client.DisposeAsync();
        _closing.Dispose();
    }

    private static NatsAuthOpts AuthOf(NatsServerAddress server, NatsOptions options) =>
        server.Token.Length > 0 ? new NatsAuthOpts { Token = server.Token }
        : server.Username.Length > 0 ? new NatsAuthOpts { Username = server.Username, Password = server.Password }
        : options.Token.Length > 0 ? new NatsAuthOpts { Token = options.Token }
        : options.Username.Length > 0 ? new NatsAuthOpts { Username = options.Username, Password = options.Password }
        : NatsAuthOpts.Default;

    private static NatsHeaders HeadersOf(QueueMessage message, out int bytes)
    {
        var headers = new NatsHeaders();
        bytes = "NATS/1.0\r\n\r\n".Length;
        foreach (var (name, value) in QueueHeaders.TextOf(message))
        {
            headers.Add(name, value);
            bytes += name.Length + Encoding.UTF8.GetByteCount(value) + ": \r\n".Length;
        }

        if (QueueHeaders.CustomText(message) is { } custom)
        {
            headers.Add(QueueHeaders.Custom, custom);
            bytes += QueueHeaders.Custom.Length + custom.Length + ": \r\n".Length;
        }

        return headers;
    }

    private static async Task PrepareAsync(NatsJSContext jetStream, JetStreamOptions options, CancellationToken cancellationToken)
    {
        if (options.Name.Length == 0)
        {
            return;
        }

        try
        {
            try
            {
                await jetStream.GetStreamAsync(options.Name, cancellationToken: cancellationToken);
            }
            catch (NatsJSApiException missing) when (missing.Error.Code == StreamNotFound)
            {
                await jetStream.CreateStreamAsync(new StreamConfig(options.Name, [.. options.Producer.Subjects]), cancellationToken);
            }
        }
        catch (NatsJSApiException error)
        {
            throw new IOException($"stream {options.Name}: {error.Error.Description}", error);
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _client.ConnectAsync().AsTask().WaitAsync(cancellationToken);
        }
        catch (NatsException error) when (_lastError is { } said)
        {
            // Not as a cause: what lies deeper says less.
            throw new IOException($"the NATS server says {said} ({error.Message})");
        }

        var info = _client.ServerInfo!;
        if (!info.HeadersSupported)
        {
            throw new InvalidDataException("the NATS server is too old: it knows no headers");
        }

        if (_jetStream is not null && !info.JetStreamAvailable)
        {
            throw new IOException("the NATS server has no JetStream");
        }
    }

    // PONG came: the server has worked through all of these.
    private async Task ConfirmAsync(List<Outgoing> written)
    {
        try
        {
            await _client.PingAsync(_closing.Token);
        }
#pragma warning disable CA1031 // Whatever it is, nothing is confirmed on this connection any more.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Lose(error);
            return;
        }

        lock (_gate)
        {
            written.RemoveAll(outgoing => !_unconfirmed.Remove(outgoing)); // Those that were refused, or are late.
        }

        written.ForEach(outgoing => outgoing.Confirm());
    }

    private async Task ConfirmAsync(Outgoing outgoing, NatsJSPublishConcurrentFuture answer)
    {
        FrontierException? refused;
        try
        {
            await using (answer)
            {
                var acknowledged = await answer.GetResponseAsync(_closing.Token);
                refused = acknowledged.Error is { } error ? new FrontierException(FrontierErrorCode.Refused, error.Description ?? "JetStream refuses the message") : null;
            }
        }
        catch (Exception error) when (error is NatsNoRespondersException or NatsJSPublishNoResponseException)
        {
            refused = new FrontierException(FrontierErrorCode.Refused, "no stream takes the subject");
        }
#pragma warning disable CA1031 // It stays unconfirmed: whether the stream has it nobody knows.
        catch (Exception)
#pragma warning restore CA1031
        {
            return;
        }

        lock (_gate)
        {
            if (!_unconfirmed.Remove(outgoing))
            {
                return;
            }
        }

        if (refused is null)
        {
            outgoing.Confirm();
        }
        else
        {
            outgoing.Fail(refused);
        }
    }

    // It comes before the PONG that would confirm them.
    private void OnError(string quoted)
    {
        var error = quoted.Trim('\'');
        if (!error.StartsWith(PermissionError, StringComparison.OrdinalIgnoreCase))
        {
            _lastError = error;
            return;
        }

        var subject = error[PermissionError.Length..].Trim('"', '\'');
        Outgoing[] refused;
        lock (_gate)
        {
            refused = [.. _unconfirmed.Where(outgoing => outgoing.Message.Topic == subject)];
            _unconfirmed.ExceptWith(refused);
        }

        foreach (var outgoing in refused)
        {
            outgoing.Fail(new FrontierException(FrontierErrorCode.Refused, error));
        }
    }

    private void Lose(Exception reason)
    {
        _lost.TrySetException(reason);
        _ = _lost.Task.Exception;
    }
}

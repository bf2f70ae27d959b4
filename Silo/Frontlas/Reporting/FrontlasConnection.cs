using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Frontier.Gateway;
using Frontier.Protocol;
using Frontier.Queues;

namespace Frontier.Silo;

/// <summary>The connection of a gateway to a Frontlas of the original: sends reports, a few at a time, and answers what Frontlas announces.</summary>
#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing, and answers may come until the end.
internal sealed class FrontlasConnection : GeminioConnection
#pragma warning restore CA1001
{
    // Frontlas announces its methods right after the login, and another order of things is not known to work.
    private static readonly TimeSpan AnnouncementPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(20);

    // What an SDK of the original takes at once is limited; see the window of plain peers.
    private const int MaxUnanswered = 32;

    private const int MaxFrameBytes = 256 * 1024;

    private readonly Stream _stream;
    private readonly SemaphoreSlim _window = new(MaxUnanswered);
    private readonly TaskCompletionSource _login = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _announced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<string> _methods = [];

    private FrontlasConnection(Stream stream, TimerWheel wheel)
        : base(new Duplex(PipeReader.Create(stream), PipeWriter.Create(stream)), ConnectionRole.Dialer, new ConnectionOptions { Features = PeerFeatures.None, MaxFrameBytes = MaxFrameBytes, MaxSessions = 1 }, wheel)
    {
        _stream = stream;
        Completion = RunToEndAsync();
    }

    /// <summary>Done when the connection has ended.</summary>
    public Task<DisconnectReason> Completion { get; }

    /// <summary>Connects and logs in.</summary>
    /// <param name="dial">How.</param>
    /// <param name="address">Where to.</param>
    /// <param name="meta">Who reports.</param>
    /// <param name="wheel">Wakes it for its deadlines.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">Frontlas is not to be reached, or refused.</exception>
    public static async Task<FrontlasConnection> ConnectAsync(
        FrontlasDialOptions dial, ListenAddress address, byte[] meta, TimerWheel wheel, CancellationToken cancellationToken)
    {
        AddressFamily? family = dial.Network switch
        {
            "tcp4" => AddressFamily.InterNetwork,
            "tcp6" => AddressFamily.InterNetworkV6,
            _ => null,
        };
        var tls = dial.Tls.Enable ? dial.Tls.Load(address.Host) : null;
        var stream = await TlsClient.DialAsync(address.Host, address.Port, cancellationToken, family);
        if (tls is not null)
        {
            stream = await TlsClient.SecureAsync(stream, tls, cancellationToken);
        }

        var connection = new FrontlasConnection(stream, wheel);
        try
        {
            connection.SendConn(0, meta, Heartbeat);
            await connection._login.Task.WaitAsync(cancellationToken);
            await Task.WhenAny(connection._announced.Task, connection.Completion, Task.Delay(AnnouncementPatience, cancellationToken));
            return connection;
        }
        catch
        {
            connection.Abort(DisconnectReason.ShuttingDown);
            throw;
        }
    }

    /// <summary>Sends a report as soon as not too many are unanswered.</summary>
    /// <param name="method">The method.</param>
    /// <param name="value">Its argument.</param>
    /// <param name="done">Called with what Frontlas says is wrong, null for nothing, or that no answer came. Not called where the result is false.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False when the connection has ended.</returns>
    public async ValueTask<bool> TryReportAsync(string method, byte[] value, Action<string?> done, CancellationToken cancellationToken)
    {
        while (!await _window.WaitAsync(TimeSpan.FromSeconds(1), cancellationToken))
        {
            if (Completion.IsCompleted)
            {
                return false;
            }
        }

        if (Send(method, value, done) == SendOutcome.Sent)
        {
            return true;
        }

        _window.Release();
        return false;
    }

    /// <summary>Completes when everything that was sent has been answered, or given up.</summary>
    public async Task WhenAnsweredAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < MaxUnanswered && !Completion.IsCompleted; i++)
        {
            await Task.WhenAny(_window.WaitAsync(cancellationToken), Completion);
        }
    }

    /// <inheritdoc/>
    protected override void OnConnAck(in ConnBody ack)
    {
        if (ack.Accepted)
        {
            _login.TrySetResult();
        }
        else
        {
            _login.TrySetException(new IOException($"Frontlas refused the login: {Encoding.UTF8.GetString(ack.Error)}"));
        }
    }

    /// <inheritdoc/>
    protected override void OnRegister(ulong packetId, ulong sessionId, ReadOnlySpan<byte> method)
    {
        AnswerRegister(packetId, sessionId);
        var name = Encoding.UTF8.GetString(method);
        if (FrontierReports.Methods.Contains(name) && _methods.Add(name) && _methods.Count == FrontierReports.Methods.Count)
        {
            _announced.TrySetResult();
        }
    }

    /// <inheritdoc/>
    protected override void OnRequest(FrameType type, ulong packetId, StreamSession? session, in MessageBody body) =>
        Reject(type, packetId, body.SessionId, body.Key, "not supported"u8);

    /// <inheritdoc/>
    protected override void OnSessionOpen(StreamSession session, ulong packetId, in SessionBody body) => RefuseSession(session, packetId, "not supported"u8);

    /// <inheritdoc/>
    protected override bool OnStream(StreamSession session, in ReadOnlySequence<byte> data) => true; // Of a session that was refused; it ends in a moment.

    /// <inheritdoc/>
    protected override void OnSessionFinished(StreamSession session)
    {
        // There was none.
    }

    /// <inheritdoc/>
    protected override void OnClosed(DisconnectReason reason) => _login.TrySetException(
        new IOException($"the connection ended before Frontlas answered the login ({reason})", Failure));

    /// <inheritdoc/>
    protected override void AbortTransport() => _stream.Dispose();

    private SendOutcome Send(string method, byte[] value, Action<string?> done)
    {
        var body = new MessageBody { SessionId = RootSessionId, IsBinary = true, Key = Encoding.UTF8.GetBytes(method), Value = value };
        return TrySend(
            FrameType.Request,
            body,
            new PendingReply { Sink = new Report(this, done), Deadline = Environment.TickCount64 + (long)AnswerTimeout.TotalMilliseconds });
    }

    private async Task<DisconnectReason> RunToEndAsync()
    {
        await Task.Yield(); // The constructor is not done yet.
        var reason = await RunAsync();
        await _stream.DisposeAsync();
        return reason;
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }

    private sealed class Report(FrontlasConnection connection, Action<string?> done) : IReplySink
    {
        public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
        {
            var error = source.ParseMessage(type, body).Error;
            End(error.IsEmpty ? null : Encoding.UTF8.GetString(error));
        }

        public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss) => End($"no answer: {loss}");

        private void End(string? problem)
        {
            done(problem);
            connection._window.Release();
        }
    }
}

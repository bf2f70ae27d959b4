using Microsoft.Extensions.Logging;

namespace Frontier.Queues;

/// <summary>Publishes to NATS, or with JetStream to its streams.</summary>
internal sealed class NatsProducer : ConnectedProducer
{
    private readonly NatsOptions _options;
    private readonly bool _isJetStream;
    private readonly QueueAddress[] _addresses;
    private int _turn;

    /// <summary>Creates the producer.</summary>
    public NatsProducer(NatsOptions options, QueueRoute route, QueueLimits limits, QueueMetrics metrics, ILogger logger)
        : base(route, limits, metrics, logger)
    {
        _options = options;
        _isJetStream = options.JetStream.Enable;
        _addresses = [.. options.Addrs.Select(address => QueueAddress.Parse(address, Scheme, DefaultPort)!)];
    }

    /// <summary>What an address may begin with.</summary>
    public const string Scheme = "nats";

    /// <summary>The port of an address without one.</summary>
    public const int DefaultPort = 4222;

    /// <inheritdoc/>
    protected override async Task<IQueueConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var address = _addresses[_turn++ % _addresses.Length];
        var (stream, info) = await NatsConnection.DialAsync(address, _options.Tls, cancellationToken);
        NatsConnection connection = _isJetStream
            ? new JetStreamConnection(stream, info, Limits.ProduceTimeout)
            : new NatsCoreConnection(stream, info, Limits.ProduceTimeout);
        try
        {
            var user = address.Username.Length > 0 ? (address.Username, address.Password) : (_options.Username, _options.Password);
            await connection.LogInAsync(
                new NatsConnect
                {
                    Name = $"frontier {Limits.GatewayId}",
                    TlsRequired = _options.Tls.Enable || info.TlsRequired,
                    User = NullIfEmpty(user.Item1),
                    Pass = NullIfEmpty(user.Item2),
                    AuthToken = NullIfEmpty(_options.Token),
                },
                cancellationToken);
            if (connection is JetStreamConnection jetStream)
            {
                await jetStream.PrepareAsync(_options.JetStream.Name, _options.JetStream.Producer.Subjects, cancellationToken);
            }

            _turn--; // A server that is good is the first to be tried again.
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}

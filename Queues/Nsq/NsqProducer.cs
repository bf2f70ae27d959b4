using Microsoft.Extensions.Logging;

namespace Frontier.Queues;

/// <summary>Publishes to NSQ.</summary>
internal sealed class NsqProducer : ConnectedProducer
{
    private readonly NsqOptions _options;
    private readonly QueueAddress[] _addresses;
    private int _turn;

    /// <summary>Creates the producer.</summary>
    public NsqProducer(NsqOptions options, QueueRoute route, QueueLimits limits, QueueMetrics metrics, ILogger logger)
        : base(route, limits, metrics, logger)
    {
        _options = options;
        _addresses = [.. options.Addrs.Select(address => QueueAddress.Parse(address, Scheme, DefaultPort)!)];
    }

    /// <summary>What an address may begin with.</summary>
    public const string Scheme = "tcp";

    /// <summary>nsqd's port for TCP.</summary>
    public const int DefaultPort = 4150;

    /// <inheritdoc/>
    protected override async Task<IQueueConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = await NsqConnection.ConnectAsync(
            _addresses[_turn++ % _addresses.Length], _options, $"frontier {Limits.GatewayId}", Limits.ProduceTimeout, cancellationToken);
        _turn--; // A server that is good is the first to be tried again.
        return connection;
    }
}

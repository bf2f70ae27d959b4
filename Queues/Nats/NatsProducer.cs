using System.Net;
using Microsoft.Extensions.Logging;

namespace Frontier.Queues;

/// <summary>Publishes to NATS, or with JetStream to its streams.</summary>
internal sealed class NatsProducer : ConnectedProducer
{
    private static readonly TimeSpan ShortestTry = TimeSpan.FromSeconds(1);

    private readonly NatsOptions _options;
    private readonly NatsServerAddress[] _configured;
    private NatsQueueConnection? _last;
    private NatsServerAddress? _lastServer;

    /// <summary>Creates the producer.</summary>
    public NatsProducer(NatsOptions options, QueueRoute route, QueueLimits limits, QueueMetrics metrics, ILogger logger)
        : base(route, limits, metrics, logger)
    {
        _options = options;
        _configured = [.. options.Addrs.SelectMany(entry => NatsServerAddress.ParseList(entry)!)];
    }

    /// <inheritdoc/>
    protected override async Task<IQueueConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var servers = Servers();
        // One that swallows packets must not use up the time of all others.
        var share = QueueLimits.ConnectTimeout / servers.Count;
        var timeout = share > ShortestTry ? share : ShortestTry;
        Exception? problem = null;
        foreach (var server in servers)
        {
            try
            {
                var connection = await NatsQueueConnection.OpenAsync(
                    server, TlsHostOf(server), _options, $"frontier {Limits.GatewayId}", timeout, Limits.ProduceTimeout, cancellationToken);
                (_last, _lastServer) = (connection, server);
                return connection;
            }
#pragma warning disable CA1031 // Whatever it is, another server may be better; the last one's problem is the queue's.
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                problem = e;
            }
        }

        throw problem!;
    }

    // The one that was lost is the last to be tried: the others are more likely to be there. Those that it announced are as good as those of the configuration.
    private List<NatsServerAddress> Servers()
    {
        List<NatsServerAddress> servers = [.. _configured];
        if (_lastServer is not { } last)
        {
            return servers;
        }

        foreach (var announced in _last!.Announced)
        {
            if (NatsServerAddress.ParseList(announced) is [var address] && !servers.Exists(address.IsSameServer))
            {
                servers.Add(last with { Host = address.Host, Port = address.Port });
            }
        }

        servers.RemoveAll(last.IsSameServer);
        servers.Add(last);
        return servers;
    }

    // Members announce their addresses; certificates are for names.
    private string TlsHostOf(NatsServerAddress server) =>
        IPAddress.TryParse(server.Host, out _) && !_configured.Any(server.IsSameServer) && Array.Find(_configured, named => !IPAddress.TryParse(named.Host, out _)) is { } named
            ? named.Host
            : server.Host;
}

using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace Frontier.Queues;

/// <summary>Publishes to RabbitMQ.</summary>
internal sealed class AmqpProducer : ConnectedProducer
{
    private readonly AmqpOptions _options;
    private readonly ConnectionFactory[] _factories;
    private int _turn;

    /// <summary>Creates the producer.</summary>
    public AmqpProducer(AmqpOptions options, QueueRoute route, QueueLimits limits, QueueMetrics metrics, ILogger logger)
        : base(route, limits, metrics, logger)
    {
        _options = options;
        _factories = [.. options.Addrs.Select(CreateFactory)];
    }

    /// <inheritdoc/>
    protected override async Task<IQueueConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = await AmqpConnection.ConnectAsync(
            _factories[_turn++ % _factories.Length], _options, Limits.ProduceTimeout, cancellationToken);
        _turn--; // A server that is good is the first to be tried again.
        return connection;
    }

    private ConnectionFactory CreateFactory(string address)
    {
        var factory = new ConnectionFactory
        {
            Uri = AmqpAddress.Parse(address)!,
            ClientProvidedName = $"frontier {Limits.GatewayId}",
            AutomaticRecoveryEnabled = false, // Done here, for all queues in the same way.
            RequestedConnectionTimeout = QueueLimits.ConnectTimeout,
        };
        if (_options.Vhost.Length > 0)
        {
            factory.VirtualHost = _options.Vhost;
        }

        if (_options.Username.Length > 0 && factory.UserName == ConnectionFactory.DefaultUser)
        {
            factory.UserName = _options.Username;
            factory.Password = _options.Password;
        }

        if (_options.ChannelMax > 0)
        {
            factory.RequestedChannelMax = (ushort)_options.ChannelMax;
        }

        if (_options.FrameSize > 0)
        {
            factory.RequestedFrameMax = (uint)_options.FrameSize;
        }

        if (_options.Heartbeat > 0)
        {
            factory.RequestedHeartbeat = TimeSpan.FromSeconds(_options.Heartbeat);
        }

        if (_options.Tls.Enable || factory.Uri.Scheme == "amqps")
        {
            factory.Ssl = new SslOption
            {
                Enabled = true,
                ServerName = factory.HostName,
                CertificateValidationCallback = TlsClient.Validation(_options.Tls),
                Certs = TlsClient.Certificate(_options.Tls) is { } certificate ? [certificate] : null,
            };
        }

        return factory;
    }
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Frontier.Queues;

/// <summary>The external queues that the configuration enables.</summary>
internal sealed class QueueSet : IQueues, IHostedService, IAsyncDisposable
{
    private readonly QueueProducer[] _producers;
    private readonly Dictionary<string, QueueProducer> _byName;
    private bool _isDisposed;

    /// <summary>Creates their producers.</summary>
    public QueueSet(MqmOptions options, QueueLimits limits, QueueMetrics metrics, ILoggerFactory loggers)
    {
        Routes = QueueRoutes.Of(options);
        _producers = [.. Routes.Select(Create)];
        _byName = _producers.ToDictionary(producer => producer.Name, StringComparer.Ordinal);
        metrics.Observe(_producers);

        QueueProducer Create(QueueRoute route)
        {
            var logger = loggers.CreateLogger($"Frontier.Queues.{route.Queue}");
            return route.Queue switch
            {
                QueueRoutes.Kafka => new KafkaProducer(options.Kafka, route, limits, metrics, logger),
                QueueRoutes.Amqp => new AmqpProducer(options.Amqp, route, limits, metrics, logger),
                QueueRoutes.Nats or QueueRoutes.JetStream => new NatsProducer(options.Nats, route, limits, metrics, logger),
                QueueRoutes.Nsq => new NsqProducer(options.Nsq, route, limits, metrics, logger),
                QueueRoutes.Redis => new RedisPublishProducer(options.Redis, route, limits, metrics, logger),
                QueueRoutes.RedisStream => new RedisStreamProducer(options.Redis, route, limits, metrics, logger),
                _ => throw new InvalidOperationException($"no queue {route.Queue}"),
            };
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<QueueRoute> Routes { get; }

    /// <inheritdoc/>
    public IReadOnlyList<IQueueProducer> All => _producers;

    /// <inheritdoc/>
    public IQueueProducer? Find(string name) => _byName.GetValueOrDefault(name);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var producer in _producers)
        {
            producer.Start();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask; // With the container: until then grains may still want to send.

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return; // The container has it under several names.
        }

        _isDisposed = true;
        foreach (var producer in _producers)
        {
            await producer.DisposeAsync();
        }
    }
}

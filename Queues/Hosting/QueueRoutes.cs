namespace Frontier.Queues;

/// <summary>Which topics the configuration gives to which queue.</summary>
public static class QueueRoutes
{
    /// <summary>The name of Kafka.</summary>
    public const string Kafka = "kafka";

    /// <summary>The name of RabbitMQ.</summary>
    public const string Amqp = "amqp";

    /// <summary>The name of NATS.</summary>
    public const string Nats = "nats";

    /// <summary>The name of NATS JetStream.</summary>
    public const string JetStream = "jetstream";

    /// <summary>The name of NSQ.</summary>
    public const string Nsq = "nsq";

    /// <summary>The name of Redis PUBLISH.</summary>
    public const string Redis = "redis";

    /// <summary>The name of Redis Streams.</summary>
    public const string RedisStream = "redis-stream";

    /// <summary>The routes of the queues that are enabled, in an order that is the same in every process.</summary>
    public static IReadOnlyList<QueueRoute> Of(MqmOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var routes = new List<QueueRoute>();
        Add(options.Kafka.Enable, Kafka, options.Kafka.Producer.Topics);
        Add(options.Amqp.Enable, Amqp, options.Amqp.Producer.RoutingKeys);
        Add(options.Nats.Enable && !options.Nats.JetStream.Enable, Nats, options.Nats.Producer.Subjects);
        Add(options.Nats.Enable && options.Nats.JetStream.Enable, JetStream, options.Nats.JetStream.Producer.Subjects);
        Add(options.Nsq.Enable, Nsq, options.Nsq.Producer.Topics);
        Add(options.Redis.Enable, Redis, options.Redis.Producer.Channels);
        Add(options.Redis.Enable, RedisStream, options.Redis.Producer.Streams);
        return routes;

        void Add(bool isEnabled, string queue, IReadOnlyList<string> topics)
        {
            if (isEnabled && topics.Count > 0)
            {
                routes.Add(new QueueRoute(queue, [.. topics.Distinct(StringComparer.Ordinal)]));
            }
        }
    }
}

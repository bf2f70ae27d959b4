using Microsoft.Extensions.Configuration;

namespace Frontier.Queues;

/// <summary>The external message queues that take edges' topics: section <c>mqm</c>. The names are the original's; what is new says so.</summary>
public sealed class MqmOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "mqm";

    /// <summary><c>mqm.max_in_flight</c> (new): messages that one queue may have unconfirmed; with more, messages wait at the gateways. Default 10,000.</summary>
    [ConfigurationKeyName("max_in_flight")]
    public int MaxInFlight { get; init; } = 10_000;

    /// <summary><c>mqm.max_in_flight_bytes</c> (new): payload bytes that one queue may have unconfirmed. Default 67,108,864 (64 MiB).</summary>
    [ConfigurationKeyName("max_in_flight_bytes")]
    public int MaxInFlightBytes { get; init; } = 64 << 20;

    /// <summary><c>mqm.kafka</c>.</summary>
    [ConfigurationKeyName("kafka")]
    public KafkaOptions Kafka { get; init; } = new();

    /// <summary><c>mqm.amqp</c>: RabbitMQ, or what else speaks AMQP 0-9-1.</summary>
    [ConfigurationKeyName("amqp")]
    public AmqpOptions Amqp { get; init; } = new();

    /// <summary><c>mqm.nats</c>.</summary>
    [ConfigurationKeyName("nats")]
    public NatsOptions Nats { get; init; } = new();

    /// <summary><c>mqm.nsq</c>.</summary>
    [ConfigurationKeyName("nsq")]
    public NsqOptions Nsq { get; init; } = new();

    /// <summary><c>mqm.redis</c>.</summary>
    [ConfigurationKeyName("redis")]
    public RedisQueueOptions Redis { get; init; } = new();
}

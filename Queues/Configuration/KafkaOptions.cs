using Microsoft.Extensions.Configuration;

namespace Frontier.Queues;

/// <summary>Kafka: <c>mqm.kafka</c>.</summary>
public sealed class KafkaOptions
{
    /// <summary><c>enable</c>. Default false.</summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; }

    /// <summary><c>addrs</c>: some of the brokers, each <c>host:port</c>.</summary>
    [ConfigurationKeyName("addrs")]
    public IReadOnlyList<string> Addrs { get; init; } = [];

    /// <summary><c>producer</c>.</summary>
    [ConfigurationKeyName("producer")]
    public KafkaProducerOptions Producer { get; init; } = new();

    /// <summary><c>tls</c> (new).</summary>
    [ConfigurationKeyName("tls")]
    public QueueTlsOptions Tls { get; init; } = new();

    /// <summary><c>sasl</c> (new): how to log in.</summary>
    [ConfigurationKeyName("sasl")]
    public KafkaSaslOptions Sasl { get; init; } = new();
}

/// <summary>What is produced and how: <c>mqm.kafka.producer</c>. A number of 0 stands for the default, as in the original.</summary>
public sealed class KafkaProducerOptions
{
    /// <summary><c>topics</c>: the topics that go to Kafka; <c>*</c> for all that nobody else takes.</summary>
    [ConfigurationKeyName("topics")]
    public IReadOnlyList<string> Topics { get; init; } = [];

    /// <summary><c>key</c> (new): what a message's key is: <c>edgeid</c> (the edge's id in decimal, so an edge's messages share a partition) or <c>none</c>. Default <c>edgeid</c>.</summary>
    [ConfigurationKeyName("key")]
    public KafkaKey Key { get; init; } = KafkaKey.EdgeId;

    /// <summary><c>async</c>: read and of no effect: messages are always pipelined, and an edge always hears what Kafka says. Default false.</summary>
    [ConfigurationKeyName("async")]
    public bool Async { get; init; }

    /// <summary><c>max_message_bytes</c>: the largest message. Bytes; default 1,000,000.</summary>
    [ConfigurationKeyName("max_message_bytes")]
    public int MaxMessageBytes { get; init; }

    /// <summary><c>required_acks</c>: 1 (the leader) or -1 (all in-sync replicas). Default 0, which is -1 here: the original's 1 can lose what was acked.</summary>
    [ConfigurationKeyName("required_acks")]
    public int RequiredAcks { get; init; }

    /// <summary><c>timeout</c>: how long a broker waits for its replicas. Seconds; default 10.</summary>
    [ConfigurationKeyName("timeout")]
    public int Timeout { get; init; }

    /// <summary><c>compression</c>: <c>none</c>, <c>gzip</c>, <c>snappy</c>, <c>lz4</c>, <c>zstd</c>. Default <c>none</c>.</summary>
    [ConfigurationKeyName("compression")]
    public KafkaCompression Compression { get; init; } = KafkaCompression.None;

    /// <summary><c>compression_level</c>. Default: the codec's.</summary>
    [ConfigurationKeyName("compression_level")]
    public int CompressionLevel { get; init; }

    /// <summary><c>idempotent</c>: whether retries can neither duplicate nor reorder. On unless <c>required_acks</c> is 1, whatever is said here.</summary>
    [ConfigurationKeyName("idempotent")]
    public bool Idempotent { get; init; }

    /// <summary><c>idepotent</c>: how the original's program, unlike its documentation, spells <see cref="Idempotent"/>.</summary>
    [ConfigurationKeyName("idepotent")]
    public bool Idepotent { get; init; }

    /// <summary><c>flush</c>: when a batch is sent.</summary>
    [ConfigurationKeyName("flush")]
    public KafkaFlushOptions Flush { get; init; } = new();

    /// <summary><c>retry</c>.</summary>
    [ConfigurationKeyName("retry")]
    public KafkaRetryOptions Retry { get; init; } = new();
}

/// <summary>When a batch is sent: <c>mqm.kafka.producer.flush</c>.</summary>
public sealed class KafkaFlushOptions
{
    /// <summary><c>bytes</c>: the largest batch. Bytes; default 1,000,000.</summary>
    [ConfigurationKeyName("bytes")]
    public int Bytes { get; init; }

    /// <summary><c>messages</c>: read and of no effect: a batch is sent by time, size and the largest number.</summary>
    [ConfigurationKeyName("messages")]
    public int Messages { get; init; }

    /// <summary><c>frequency</c>: how long a message waits for others. Seconds; default 0, which is 5 ms.</summary>
    [ConfigurationKeyName("frequency")]
    public int Frequency { get; init; }

    /// <summary><c>max_messages</c>: the most messages in a batch. Default 10,000.</summary>
    [ConfigurationKeyName("max_messages")]
    public int MaxMessages { get; init; }
}

/// <summary>Retries: <c>mqm.kafka.producer.retry</c>.</summary>
public sealed class KafkaRetryOptions
{
    /// <summary><c>max</c>: how often a message is sent again. Default 0: until the sender's time is over.</summary>
    [ConfigurationKeyName("max")]
    public int Max { get; init; }

    /// <summary><c>backoff</c>: the pause before. Seconds; default 0, which is 100 ms.</summary>
    [ConfigurationKeyName("backoff")]
    public int Backoff { get; init; }
}

/// <summary>How to log in to Kafka: <c>mqm.kafka.sasl</c>.</summary>
public sealed class KafkaSaslOptions
{
    /// <summary><c>mechanism</c>: <c>none</c>, <c>plain</c>, <c>scramsha256</c>, <c>scramsha512</c>. Default <c>none</c>.</summary>
    [ConfigurationKeyName("mechanism")]
    public KafkaSaslMechanism Mechanism { get; init; } = KafkaSaslMechanism.None;

    /// <summary><c>username</c>.</summary>
    [ConfigurationKeyName("username")]
    public string Username { get; init; } = "";

    /// <summary><c>password</c>.</summary>
    [ConfigurationKeyName("password")]
    public string Password { get; init; } = "";
}

/// <summary>What a Kafka message's key is.</summary>
public enum KafkaKey
{
    /// <summary>The edge's id in decimal.</summary>
    EdgeId,

    /// <summary>None: Kafka spreads the messages over the partitions.</summary>
    None,
}

/// <summary>How Kafka batches are compressed.</summary>
public enum KafkaCompression
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>gzip.</summary>
    Gzip,

    /// <summary>Snappy.</summary>
    Snappy,

    /// <summary>LZ4.</summary>
    Lz4,

    /// <summary>Zstandard.</summary>
    Zstd,
}

/// <summary>How to log in to Kafka.</summary>
public enum KafkaSaslMechanism
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>PLAIN.</summary>
    Plain,

    /// <summary>SCRAM-SHA-256.</summary>
    ScramSha256,

    /// <summary>SCRAM-SHA-512.</summary>
    ScramSha512,
}

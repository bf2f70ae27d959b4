using Microsoft.Extensions.Configuration;

namespace Frontier.Queues;

/// <summary>RabbitMQ: <c>mqm.amqp</c>. What is configured here is declared at every connect.</summary>
public sealed class AmqpOptions
{
    /// <summary><c>enable</c>. Default false.</summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; }

    /// <summary><c>addrs</c>: <c>amqp://user:password@host:port/vhost</c> or <c>host:port</c>; tried in turn.</summary>
    [ConfigurationKeyName("addrs")]
    public IReadOnlyList<string> Addrs { get; init; } = [];

    /// <summary><c>vhost</c>: goes before the address's. Default: the address's, else <c>/</c>.</summary>
    [ConfigurationKeyName("vhost")]
    public string Vhost { get; init; } = "";

    /// <summary><c>channel_max</c>. Default 0: as the server likes.</summary>
    [ConfigurationKeyName("channel_max")]
    public int ChannelMax { get; init; }

    /// <summary><c>frame_size</c>: bytes. Default 0: as the server likes.</summary>
    [ConfigurationKeyName("frame_size")]
    public int FrameSize { get; init; }

    /// <summary><c>heartbeat</c>: seconds. Default 0: as the server likes.</summary>
    [ConfigurationKeyName("heartbeat")]
    public int Heartbeat { get; init; }

    /// <summary><c>locale</c>: only <c>en_US</c>, which every server has.</summary>
    [ConfigurationKeyName("locale")]
    public string Locale { get; init; } = "";

    /// <summary><c>username</c> (new): for addresses without one.</summary>
    [ConfigurationKeyName("username")]
    public string Username { get; init; } = "";

    /// <summary><c>password</c> (new).</summary>
    [ConfigurationKeyName("password")]
    public string Password { get; init; } = "";

    /// <summary><c>exchanges</c> to declare.</summary>
    [ConfigurationKeyName("exchanges")]
    public IReadOnlyList<AmqpExchangeOptions> Exchanges { get; init; } = [];

    /// <summary><c>queues</c> to declare.</summary>
    [ConfigurationKeyName("queues")]
    public IReadOnlyList<AmqpQueueOptions> Queues { get; init; } = [];

    /// <summary><c>queueBindings</c> to make.</summary>
    [ConfigurationKeyName("queueBindings")]
    public IReadOnlyList<AmqpBindingOptions> QueueBindings { get; init; } = [];

    /// <summary><c>producer</c>.</summary>
    [ConfigurationKeyName("producer")]
    public AmqpProducerOptions Producer { get; init; } = new();

    /// <summary><c>tls</c> (new); an <c>amqps://</c> address has it, too.</summary>
    [ConfigurationKeyName("tls")]
    public QueueTlsOptions Tls { get; init; } = new();
}

/// <summary>An exchange: an entry of <c>mqm.amqp.exchanges</c>.</summary>
public sealed class AmqpExchangeOptions
{
    /// <summary><c>name</c>.</summary>
    [ConfigurationKeyName("name")]
    public string Name { get; init; } = "";

    /// <summary><c>kind</c>: <c>direct</c>, <c>topic</c>, <c>fanout</c>, <c>headers</c>, or a plugin's. Default <c>direct</c>.</summary>
    [ConfigurationKeyName("kind")]
    public string Kind { get; init; } = "direct";

    /// <summary><c>durable</c>. Default false.</summary>
    [ConfigurationKeyName("durable")]
    public bool Durable { get; init; }

    /// <summary><c>auto_delete</c>. Default false.</summary>
    [ConfigurationKeyName("auto_delete")]
    public bool AutoDelete { get; init; }

    /// <summary><c>internal</c>. Default false.</summary>
    [ConfigurationKeyName("internal")]
    public bool Internal { get; init; }

    /// <summary><c>nowait</c>: read and of no effect: the server's answer is always waited for, since a wrong declaration has to be heard of. Default false.</summary>
    [ConfigurationKeyName("nowait")]
    public bool NoWait { get; init; }
}

/// <summary>A queue: an entry of <c>mqm.amqp.queues</c>.</summary>
public sealed class AmqpQueueOptions
{
    /// <summary><c>name</c>.</summary>
    [ConfigurationKeyName("name")]
    public string Name { get; init; } = "";

    /// <summary><c>durable</c>. Default false.</summary>
    [ConfigurationKeyName("durable")]
    public bool Durable { get; init; }

    /// <summary><c>auto_delete</c>. Default false.</summary>
    [ConfigurationKeyName("auto_delete")]
    public bool AutoDelete { get; init; }

    /// <summary><c>exclustive</c>: spelled so in the original. Default false.</summary>
    [ConfigurationKeyName("exclustive")]
    public bool Exclustive { get; init; }

    /// <summary><c>exclusive</c>: the same, spelled right.</summary>
    [ConfigurationKeyName("exclusive")]
    public bool Exclusive { get; init; }

    /// <summary><c>nowait</c>: as for exchanges.</summary>
    [ConfigurationKeyName("nowait")]
    public bool NoWait { get; init; }
}

/// <summary>A binding: an entry of <c>mqm.amqp.queueBindings</c>.</summary>
public sealed class AmqpBindingOptions
{
    /// <summary><c>queue_name</c>.</summary>
    [ConfigurationKeyName("queue_name")]
    public string QueueName { get; init; } = "";

    /// <summary><c>exchange_name</c>.</summary>
    [ConfigurationKeyName("exchange_name")]
    public string ExchangeName { get; init; } = "";

    /// <summary><c>binding_key</c>.</summary>
    [ConfigurationKeyName("binding_key")]
    public string BindingKey { get; init; } = "";

    /// <summary><c>nowait</c>: as for exchanges.</summary>
    [ConfigurationKeyName("nowait")]
    public bool NoWait { get; init; }
}

/// <summary>What is published and how: <c>mqm.amqp.producer</c>.</summary>
public sealed class AmqpProducerOptions
{
    /// <summary><c>routing_keys</c>: the topics that go to RabbitMQ, each with itself as routing key; <c>*</c> for all that nobody else takes.</summary>
    [ConfigurationKeyName("routing_keys")]
    public IReadOnlyList<string> RoutingKeys { get; init; } = [];

    /// <summary><c>exchange</c>: where to publish. Default: the server's nameless one, which routes to the queue with the topic's name.</summary>
    [ConfigurationKeyName("exchange")]
    public string Exchange { get; init; } = "";

    /// <summary>
    /// <c>mandatory</c>: whether a message that no queue takes is an error to the edge. Default true: otherwise RabbitMQ confirms it and drops it.
    /// </summary>
    [ConfigurationKeyName("mandatory")]
    public bool Mandatory { get; init; } = true;

    /// <summary><c>immediate</c>: RabbitMQ has not known it since 3.0; true is an error.</summary>
    [ConfigurationKeyName("immediate")]
    public bool Immediate { get; init; }

    /// <summary><c>headers</c>: further headers for every message.</summary>
    [ConfigurationKeyName("headers")]
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary><c>content_type</c>.</summary>
    [ConfigurationKeyName("content_type")]
    public string ContentType { get; init; } = "";

    /// <summary><c>content_encoding</c>.</summary>
    [ConfigurationKeyName("content_encoding")]
    public string ContentEncoding { get; init; } = "";

    /// <summary><c>delivery_mode</c>: 1 in memory, 2 on disk. Default 0, which is 2 here: what was acked survives a restart in a durable queue.</summary>
    [ConfigurationKeyName("delivery_mode")]
    public int DeliveryMode { get; init; }

    /// <summary><c>priority</c>: 0 to 9. Default 0.</summary>
    [ConfigurationKeyName("priority")]
    public int Priority { get; init; }

    /// <summary><c>reply_to</c>.</summary>
    [ConfigurationKeyName("reply_to")]
    public string ReplyTo { get; init; } = "";

    /// <summary><c>expiration</c>: milliseconds, as AMQP writes them. Default none.</summary>
    [ConfigurationKeyName("expiration")]
    public string Expiration { get; init; } = "";

    /// <summary><c>type</c>.</summary>
    [ConfigurationKeyName("type")]
    public string Type { get; init; } = "";

    /// <summary><c>user_id</c>: RabbitMQ takes only the name of the user that is logged in.</summary>
    [ConfigurationKeyName("user_id")]
    public string UserId { get; init; } = "";

    /// <summary><c>app_id</c>.</summary>
    [ConfigurationKeyName("app_id")]
    public string AppId { get; init; } = "";
}

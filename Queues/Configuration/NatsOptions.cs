using Microsoft.Extensions.Configuration;

namespace Frontier.Queues;

/// <summary>NATS: <c>mqm.nats</c>. With <c>jetstream.enable</c> messages go to JetStream instead, as in the original.</summary>
public sealed class NatsOptions
{
    /// <summary><c>enable</c>. Default false.</summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; }

    /// <summary>
    /// <c>addrs</c>: <c>nats://user:password@host:port</c>, <c>nats://token@host:port</c>, <c>tls://host:port</c> or <c>host:port</c>; an entry may name several
    /// with commas between them. Tried in turn, together with the members of its cluster that a server announces.
    /// </summary>
    [ConfigurationKeyName("addrs")]
    public IReadOnlyList<string> Addrs { get; init; } = [];

    /// <summary><c>producer</c>: for NATS without JetStream.</summary>
    [ConfigurationKeyName("producer")]
    public NatsProducerOptions Producer { get; init; } = new();

    /// <summary><c>jetstream</c>.</summary>
    [ConfigurationKeyName("jetstream")]
    public JetStreamOptions JetStream { get; init; } = new();

    /// <summary><c>username</c> (new): for addresses without one.</summary>
    [ConfigurationKeyName("username")]
    public string Username { get; init; } = "";

    /// <summary><c>password</c> (new).</summary>
    [ConfigurationKeyName("password")]
    public string Password { get; init; } = "";

    /// <summary><c>token</c> (new).</summary>
    [ConfigurationKeyName("token")]
    public string Token { get; init; } = "";

    /// <summary><c>tls</c> (new).</summary>
    [ConfigurationKeyName("tls")]
    public QueueTlsOptions Tls { get; init; } = new();
}

/// <summary>What is published: <c>mqm.nats.producer</c> and <c>mqm.nats.jetstream.producer</c>.</summary>
public sealed class NatsProducerOptions
{
    /// <summary><c>subjects</c>: the topics that go to NATS, each as a subject; <c>*</c> for all that nobody else takes.</summary>
    [ConfigurationKeyName("subjects")]
    public IReadOnlyList<string> Subjects { get; init; } = [];
}

/// <summary>JetStream: <c>mqm.nats.jetstream</c>.</summary>
public sealed class JetStreamOptions
{
    /// <summary><c>enable</c>. Default false.</summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; }

    /// <summary><c>name</c>: the stream. Made with the subjects below when it is not there; left as it is when it is. Default none: the streams are somebody else's.</summary>
    [ConfigurationKeyName("name")]
    public string Name { get; init; } = "";

    /// <summary><c>producer</c>.</summary>
    [ConfigurationKeyName("producer")]
    public NatsProducerOptions Producer { get; init; } = new();
}

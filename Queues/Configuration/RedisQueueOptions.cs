using Microsoft.Extensions.Configuration;

namespace Frontier.Queues;

/// <summary>Redis: <c>mqm.redis</c>.</summary>
public sealed class RedisQueueOptions
{
    /// <summary><c>enable</c>. Default false.</summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; }

    /// <summary><c>addrs</c>: one server, or several of a Redis Cluster, each <c>host:port</c>.</summary>
    [ConfigurationKeyName("addrs")]
    public IReadOnlyList<string> Addrs { get; init; } = [];

    /// <summary><c>db</c>: the database's number, for streams. Default 0.</summary>
    [ConfigurationKeyName("db")]
    public int Db { get; init; }

    /// <summary><c>username</c> (new). Default none.</summary>
    [ConfigurationKeyName("username")]
    public string Username { get; init; } = "";

    /// <summary><c>password</c>. Default none.</summary>
    [ConfigurationKeyName("password")]
    public string Password { get; init; } = "";

    /// <summary><c>producer</c>.</summary>
    [ConfigurationKeyName("producer")]
    public RedisProducerOptions Producer { get; init; } = new();

    /// <summary><c>tls</c> (new).</summary>
    [ConfigurationKeyName("tls")]
    public QueueTlsOptions Tls { get; init; } = new();
}

/// <summary>What is published and how: <c>mqm.redis.producer</c>.</summary>
public sealed class RedisProducerOptions
{
    /// <summary><c>channels</c>: the topics that go out by PUBLISH, each as a channel; <c>*</c> for all that nobody else takes.</summary>
    [ConfigurationKeyName("channels")]
    public IReadOnlyList<string> Channels { get; init; } = [];

    /// <summary><c>streams</c> (new): the topics that are added to a stream with their name (XADD); <c>*</c> for all that nobody else takes.</summary>
    [ConfigurationKeyName("streams")]
    public IReadOnlyList<string> Streams { get; init; } = [];

    /// <summary><c>stream_max_length</c> (new): about how many entries a stream keeps; the oldest go first. Default 1,000,000; 0 for no limit.</summary>
    [ConfigurationKeyName("stream_max_length")]
    public int StreamMaxLength { get; init; } = 1_000_000;
}

using Microsoft.Extensions.Configuration;

namespace Frontier.Queues;

/// <summary>NSQ: <c>mqm.nsq</c>.</summary>
public sealed class NsqOptions
{
    /// <summary><c>enable</c>. Default false.</summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; }

    /// <summary><c>addrs</c>: nsqd servers, each <c>host:port</c>; one is used at a time, the next when it fails.</summary>
    [ConfigurationKeyName("addrs")]
    public IReadOnlyList<string> Addrs { get; init; } = [];

    /// <summary><c>producer</c>.</summary>
    [ConfigurationKeyName("producer")]
    public NsqProducerOptions Producer { get; init; } = new();

    /// <summary><c>auth_secret</c> (new): what AUTH is sent with. Default none.</summary>
    [ConfigurationKeyName("auth_secret")]
    public string AuthSecret { get; init; } = "";

    /// <summary><c>tls</c> (new).</summary>
    [ConfigurationKeyName("tls")]
    public QueueTlsOptions Tls { get; init; } = new();
}

/// <summary>What is published: <c>mqm.nsq.producer</c>.</summary>
public sealed class NsqProducerOptions
{
    /// <summary><c>topics</c>: the topics that go to NSQ; <c>*</c> for all that nobody else takes.</summary>
    [ConfigurationKeyName("topics")]
    public IReadOnlyList<string> Topics { get; init; } = [];
}

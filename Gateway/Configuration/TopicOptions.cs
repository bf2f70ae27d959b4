using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>How services take topics: section <c>topics</c>. The same in every process of a cluster.</summary>
public sealed class TopicOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "topics";

    /// <summary>
    /// <c>topics.filters</c>: whether <c>+</c> and <c>#</c> in a service's topics make them filters, as in MQTT; otherwise they are characters like others.
    /// Default false.
    /// </summary>
    [ConfigurationKeyName("filters")]
    public bool Filters { get; init; }

    /// <summary>
    /// <c>topics.groups</c>: whether a service may take a topic as <c>$share/GROUP/TOPIC</c>. Each group gets each message, in which one of its members does.
    /// Default false.
    /// </summary>
    [ConfigurationKeyName("groups")]
    public bool Groups { get; init; }

    /// <summary>
    /// <c>topics.fanout</c>: topics that all who take them receive, and not only one of them; <c>+</c> and <c>#</c> stand for levels, whatever
    /// <see cref="Filters"/> says. Default none.
    /// </summary>
    [ConfigurationKeyName("fanout")]
    public IReadOnlyList<string> Fanout { get; init; } = [];

    /// <summary>
    /// <c>topics.redeliver</c>: whether an edge's message whose receiver left before it acknowledged goes to another one of those who share the topic;
    /// otherwise the edge is told <c>service not online</c>, as in the original. Default true.
    /// </summary>
    [ConfigurationKeyName("redeliver")]
    public bool Redeliver { get; init; } = true;

    /// <summary><c>topics.retain</c>: topics whose messages are kept while nobody is there who takes them; of several that fit, the first counts. Default none.</summary>
    [ConfigurationKeyName("retain")]
    public IReadOnlyList<TopicRetentionOptions> Retain { get; init; } = [];

    /// <summary><c>topics.retain_topics</c>: how many topics may have messages that are kept; of further ones none is. Default 10,000.</summary>
    [ConfigurationKeyName("retain_topics")]
    public int RetainTopics { get; init; } = 10_000;

    /// <summary>
    /// <c>topics.retain_bytes</c>: what is kept in Redis at most, of all topics of the cluster together; a message counts 256 bytes beside its own.
    /// Bytes; default 1 GiB.
    /// </summary>
    [ConfigurationKeyName("retain_bytes"), ByteSize]
    public int RetainBytes { get; init; } = 1 << 30;

    /// <summary>
    /// <c>topics.retain_memory</c>: what a process that is not part of a cluster with Redis keeps at most, of all topics together; counted alike. Bytes; default 64 MiB.
    /// </summary>
    [ConfigurationKeyName("retain_memory"), ByteSize]
    public int RetainMemory { get; init; } = 64 << 20;
}

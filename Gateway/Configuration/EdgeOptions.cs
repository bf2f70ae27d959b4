using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>Messages that wait for edges which are not online: section <c>edges</c>. The same in every process of a cluster.</summary>
public sealed class EdgeOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "edges";

    /// <summary><c>edges.retain</c>: whether services may give a message to an edge a time to live, for which it waits for the edge. Default false.</summary>
    [ConfigurationKeyName("retain")]
    public bool Retain { get; init; }

    /// <summary><c>edges.max_messages</c>: how many messages wait for one edge; further ones fail. Default 1,000, at most 100,000.</summary>
    [ConfigurationKeyName("max_messages")]
    public int MaxMessages { get; init; } = 1000;

    /// <summary><c>edges.max_lifetime</c>: how long a message may wait; one that is to wait longer fails. Default 24 h, at most 30 days (720 h).</summary>
    [ConfigurationKeyName("max_lifetime")]
    public TimeSpan MaxLifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary><c>edges.retain_edges</c>: for how many edges messages may wait; for further ones none does. Default 100,000.</summary>
    [ConfigurationKeyName("retain_edges")]
    public int RetainEdges { get; init; } = 100_000;

    /// <summary>
    /// <c>edges.retain_bytes</c>: what is kept in Redis at most, for all edges of the cluster together; a message counts 256 bytes beside its own.
    /// Bytes; default 1 GiB.
    /// </summary>
    [ConfigurationKeyName("retain_bytes"), ByteSize]
    public int RetainBytes { get; init; } = 1 << 30;

    /// <summary>
    /// <c>edges.retain_memory</c>: what a process that is not part of a cluster with Redis keeps at most, for all edges together. Bytes; default 64 MiB.
    /// </summary>
    [ConfigurationKeyName("retain_memory"), ByteSize]
    public int RetainMemory { get; init; } = 64 << 20;
}

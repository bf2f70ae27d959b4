using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>The side that edges connect to: section <c>edgebound</c>.</summary>
public sealed class EdgeboundOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "edgebound";

    /// <summary><c>edgebound.listen</c>: where edges connect. Default <c>0.0.0.0:30012</c>.</summary>
    [ConfigurationKeyName("listen")]
    public ListenOptions Listen { get; init; } = new() { Addr = "0.0.0.0:30012" };

    /// <summary>
    /// <c>edgebound.edgeid_alloc_when_no_idservice_on</c>: whether an edge gets an id from the gateway when no service registered
    /// <c>get_edge_id</c>; otherwise it is refused. Default true.
    /// </summary>
    [ConfigurationKeyName("edgeid_alloc_when_no_idservice_on")]
    public bool AllocateIdWithoutIdService { get; init; } = true;

    /// <summary>
    /// <c>edgebound.honour_requested_id</c>: whether an edge that asks for an id gets it while nobody online has it. Default true.
    /// </summary>
    [ConfigurationKeyName("honour_requested_id")]
    public bool HonourRequestedId { get; init; } = true;

    /// <summary>
    /// <c>edgebound.probe_timeout</c>: how long the session that holds an id may stay silent when a new login asks for the id, before it counts as dead and
    /// is closed. Default 3 s.
    /// </summary>
    [ConfigurationKeyName("probe_timeout")]
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(3);
}

namespace Frontier.Client;

/// <summary>
/// How a client comes back after its connection ended. One try goes over all addresses in random order; between tries it waits longer and longer, at
/// random, so that the clients of a gateway that died do not come back all at once.
/// </summary>
public sealed record ReconnectOptions
{
    /// <summary>The longest wait before the first try after a connection was lost. A gateway that says goodbye is left for another at once.</summary>
    public TimeSpan InitialDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait of all. From the second try on the wait is between half of the limit and the limit, which doubles until here.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a connection must have held for the waits to begin anew. A connection that is lost sooner counts as a failed try, so that a client that
    /// another one keeps throwing out does not come back faster and faster.
    /// </summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long an edge that comes back insists on the id it had. A gateway that has not noticed yet that the old connection is gone gives another id meanwhile;
    /// the edge then tries again. Afterwards it takes what it gets. Null for two heartbeat intervals, after which every gateway has noticed.
    /// </summary>
    public TimeSpan? KeepIdFor { get; init; }

    /// <summary>Whether the first connection is tried again, too, instead of failing when no address is to be reached.</summary>
    public bool RetryFirstConnection { get; init; }

    /// <summary>What is wrong with the values; null when nothing is.</summary>
    internal string? FindProblem() =>
        InitialDelay < TimeSpan.Zero || MaxDelay < InitialDelay || MaxDelay.TotalMilliseconds > int.MaxValue
            ? $"needs 0 <= {nameof(InitialDelay)} <= {nameof(MaxDelay)}"
            : StableAfter < TimeSpan.Zero || KeepIdFor < TimeSpan.Zero ? $"needs {nameof(StableAfter)} and {nameof(KeepIdFor)} of at least 0" : null;
}

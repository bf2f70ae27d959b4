namespace Frontier.Load;

/// <summary>A worker's share of the load. Plain values, as it may go to another process.</summary>
internal sealed record WorkerSpec
{
    public required LoadMode Mode { get; init; }

    /// <summary>The same for all workers of a run.</summary>
    public required string RunId { get; init; }

    /// <summary>Which of the workers.</summary>
    public required int Index { get; init; }

    /// <summary>How many workers.</summary>
    public required int Count { get; init; }

    /// <summary>The share, not the whole.</summary>
    public required int Edges { get; init; }

    public required int IdleEdges { get; init; }

    /// <summary>The share; 0 behind a bare relay, where the worker itself is what edges reach.</summary>
    public required int Services { get; init; }

    public required int Concurrency { get; init; }

    /// <summary>The same while warming up; not less.</summary>
    public required int WarmUpConcurrency { get; init; }

    /// <summary>Operations a second of this worker; null for a closed loop.</summary>
    public required double? Rate { get; init; }

    public required int PayloadBytes { get; init; }

    public required BinaryEnds Binary { get; init; }

    public required double TimeoutSeconds { get; init; }

    public required int Threads { get; init; }

    public required string[] Sources { get; init; }

    /// <summary>Whether edges reach this worker itself through a bare relay.</summary>
    public required bool IsDirect { get; init; }
}

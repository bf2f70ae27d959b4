namespace Frontier.Load;

/// <summary>What was counted in the measured time.</summary>
internal sealed class Tally
{
    /// <summary>How long each operation took.</summary>
    public LatencyHistogram Latency { get; private init; } = new();

    /// <summary>What went wrong.</summary>
    public ErrorCounts Errors { get; } = new();

    /// <summary>Operations that were done within the measured time.</summary>
    public long Completed { get; set; }

    /// <summary>Open loop: operations that were meant to start within the measured time and could not, because too many were unanswered.</summary>
    public long Unsent { get; set; }

    /// <summary>Starts over.</summary>
    public void Clear()
    {
        Latency.Clear();
        Errors.Clear();
        Completed = 0;
        Unsent = 0;
    }

    /// <summary>Adds another one.</summary>
    public void Add(Tally other)
    {
        Latency.Add(other.Latency);
        Errors.Add(other.Errors.ByKind);
        Completed += other.Completed;
        Unsent += other.Unsent;
    }

    /// <summary>For another process.</summary>
    public TallyRecord ToRecord() => new(Latency.Export(), new Dictionary<string, long>(Errors.ByKind), Completed, Unsent);

    /// <summary>From another process.</summary>
    public static Tally From(TallyRecord record)
    {
        var result = new Tally { Latency = LatencyHistogram.Import(record.Latency), Completed = record.Completed, Unsent = record.Unsent };
        result.Errors.Add(record.Errors);
        return result;
    }
}

/// <summary>A <see cref="Tally"/> on its way from one process to another.</summary>
internal sealed record TallyRecord(double[] Latency, Dictionary<string, long> Errors, long Completed, long Unsent);

namespace Frontier.Load;

/// <summary>What one run through one server showed. Times are in microseconds, sizes in bytes; null means not known.</summary>
internal sealed record PassResult
{
    /// <summary><c>gateway</c> or <c>relay</c>.</summary>
    public required string Server { get; init; }

    /// <summary>The measured time, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Operations done in it.</summary>
    public required long Operations { get; init; }

    /// <summary>Operations a second.</summary>
    public double Throughput => Seconds > 0 ? Operations / Seconds : 0;

    /// <summary>Operations a second that were asked for; null in a closed loop.</summary>
    public double? Rate { get; init; }

    /// <summary>Payload bytes a second, in one direction.</summary>
    public double? BytesPerSecond { get; init; }

    /// <summary>How long operations took; null where they have no end of their own.</summary>
    public LatencyResult? Latency { get; init; }

    /// <summary>Open loop: operations that could not start in time.</summary>
    public required long Unsent { get; init; }

    /// <summary>Errors by kind.</summary>
    public required IReadOnlyDictionary<string, long> Errors { get; init; }

    /// <summary>The tool's CPU time for an operation; both ends.</summary>
    public double? ClientCpuPerOperation { get; init; }

    /// <summary>The server's CPU time for an operation.</summary>
    public double? ServerCpuPerOperation { get; init; }

    /// <summary>How many cores the server kept busy.</summary>
    public double? ServerCores { get; init; }

    /// <summary>How many cores something else kept busy: what is measured while others work is slower than it is. Null when the server's process is not known.</summary>
    public double? OtherCores { get; init; }

    /// <summary>Bytes the server allocated on its heap for an operation.</summary>
    public double? ServerAllocatedPerOperation { get; init; }

    /// <summary>The server's resident memory before there were edges.</summary>
    public long? ServerMemoryBefore { get; init; }

    /// <summary>The same after the warm-up; mode connect only.</summary>
    public long? ServerMemoryWarm { get; init; }

    /// <summary>The same with all edges connected.</summary>
    public long? ServerMemoryAfter { get; init; }

    /// <summary>How much it grew for each connection, warm-up left out.</summary>
    public double? ServerMemoryPerConnection { get; init; }

    /// <summary>Mode connect: the same with what the warm-up left included, which later connections may use again: the true figure is between the two.</summary>
    public double? ServerMemoryPerConnectionAndWarmUp { get; init; }

    /// <summary>Mode connect: cores the server kept busy while all edges were idle.</summary>
    public double? ServerIdleCores { get; init; }

    /// <summary>What else there is to say.</summary>
    public string? Note { get; init; }

    /// <summary>Whether it was interrupted.</summary>
    public bool IsInterrupted { get; init; }
}

/// <summary>How long operations took, in microseconds.</summary>
internal sealed record LatencyResult(double Mean, double P50, double P90, double P99, double P999, double Max)
{
    /// <summary>From counted nanoseconds; null when there are none.</summary>
    public static LatencyResult? From(LatencyHistogram histogram) => histogram.Count == 0
        ? null
        : new LatencyResult(
            histogram.Sum / histogram.Count / 1000,
            histogram.Percentile(0.5) / 1000.0,
            histogram.Percentile(0.9) / 1000.0,
            histogram.Percentile(0.99) / 1000.0,
            histogram.Percentile(0.999) / 1000.0,
            histogram.Max / 1000.0);
}

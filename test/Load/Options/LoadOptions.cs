using System.Net;

namespace Frontier.Load;

/// <summary>What to do, as asked for on the command line.</summary>
public sealed record LoadOptions
{
    // With one at a time a server would take minutes to compile what it runs.
    private const int LeastWarmUpConcurrency = 64;

    // Not more than was asked for if that were so many bytes that a server may refuse them.
    private const int MostWarmUpBytes = 1 << 20;

    /// <summary>What the load consists of.</summary>
    public required LoadMode Mode { get; init; }

    /// <summary>Where edges connect to: several gateways in turn.</summary>
    public IReadOnlyList<IPEndPoint> EdgeAddresses { get; init; } = [new(IPAddress.Loopback, 30012)];

    /// <summary>Where services connect to, likewise.</summary>
    public IReadOnlyList<IPEndPoint> ServiceAddresses { get; init; } = [new(IPAddress.Loopback, 30011)];

    /// <summary>Edges that take part.</summary>
    public int Edges { get; init; } = 16;

    /// <summary>Edges that are connected beside them and do nothing.</summary>
    public int IdleEdges { get; init; }

    /// <summary>Services.</summary>
    public int Services { get; init; } = 1;

    /// <summary>Operations (connect: connects; churn: edges) that may be unanswered at once; null: see <see cref="EffectiveConcurrency"/>.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Bytes of payload of an operation.</summary>
    public int PayloadBytes { get; init; } = 128;

    /// <summary>Which ends use binary bodies.</summary>
    public BinaryEnds Binary { get; init; }

    /// <summary>The measured time; in mode connect how long the edges stay idle.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Load before the measured time.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long an operation may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Open loop; null for a closed one.</summary>
    public Rate? Rate { get; init; }

    /// <summary>The server's processes, whose CPU and memory are read.</summary>
    public IReadOnlyList<int> ServerPids { get; init; } = [];

    /// <summary>Where the server tells how much it has allocated.</summary>
    public Uri? MetricsUrl { get; init; }

    /// <summary>The server's command line, if the tool is to start it.</summary>
    public string? Start { get; init; }

    /// <summary>Addresses that edges connect from; empty: chosen by the number of edges.</summary>
    public IReadOnlyList<IPAddress> Sources { get; init; } = [];

    /// <summary>Processes that share the load; 0: as many as the descriptors need.</summary>
    public int Processes { get; init; }

    /// <summary>Threads of each process.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Whether the same traffic first goes through a bare TCP relay.</summary>
    public bool Baseline { get; init; }

    /// <summary>How often to measure; the round least disturbed by other processes counts.</summary>
    public int Rounds { get; init; } = 1;

    /// <summary>Whether the result is printed as JSON.</summary>
    public bool Json { get; init; }

    /// <summary>Operations that may be unanswered at once: 64, and 10,000 in an open loop, where waiting for a free place would hide nothing but cost much.</summary>
    /// <param name="isOpenLoop">Whether there is a rate.</param>
    public int EffectiveConcurrency(bool isOpenLoop) =>
        Concurrency ?? (isOpenLoop && Mode is not (LoadMode.Connect or LoadMode.Churn) ? 10_000 : isOpenLoop ? 1000 : 64);

    /// <summary>The same while warming up: 64 at least, unless payloads are large.</summary>
    /// <param name="isOpenLoop">Whether there is a rate.</param>
    public int WarmUpConcurrency(bool isOpenLoop) => Math.Max(
        EffectiveConcurrency(isOpenLoop), WarmUp > TimeSpan.Zero ? Math.Min(LeastWarmUpConcurrency, MostWarmUpBytes / Math.Max(1, PayloadBytes)) : 0);

    /// <summary>What contradicts itself; null when nothing does.</summary>
    public string? FindProblem()
    {
        var loops = Math.Max(1, Processes) * Threads;
        var concurrency = EffectiveConcurrency(Rate is not null);
        return this switch
        {
            { Edges: < 1 or > 10_000_000 } => "--edges must be from 1 to 10,000,000",
            { IdleEdges: < 0 or > 10_000_000 } => "--idle-edges must be from 0 to 10,000,000",
            { Services: < 1 or > 10_000 } when (Mode, Services) is not (LoadMode.Publish, 0) => "--services must be from 1 to 10,000",
            { Rounds: < 1 or > 1000 } => "--rounds must be from 1 to 1,000",
            { Rounds: > 1, ServerPids.Count: 0, Start: null } => "--rounds needs --server-pid or --start: without the server's CPU time nobody knows what other processes used",
            { Threads: < 1 or > 256 } => "--threads must be from 1 to 256",
            { Processes: < 0 or > 256 } => "--processes must be from 0 (as many as needed) to 256",
            _ when concurrency < 1 => "--concurrency must be at least 1",
            _ when concurrency > (long)PacketIds.MaxSlots * loops => $"--concurrency can be at most {PacketIds.MaxSlots} for each thread: more --threads or --processes",
            { PayloadBytes: < 0 or > 64 << 20 } => "--payload must be from 0 to 64MiB",
            { PayloadBytes: 0 } when Mode.IsStream() => "--payload must be at least 1 for streams",
            _ when Duration <= TimeSpan.Zero => "--duration must be longer than 0",
            _ when Timeout <= TimeSpan.Zero => "--timeout must be longer than 0",
            { Mode: LoadMode.StreamBandwidth, Rate: not null } => "--rate has no meaning for stream-bandwidth, which goes as fast as it can",
            { Mode: LoadMode.Connect or LoadMode.Churn, Rate.IsPercent: true } => $"--rate of {Mode.NameOf()} must be a number, not a percentage",
            { Rate: not null } when WarmUp <= TimeSpan.Zero => "--warm-up must be longer than 0 with --rate",
            { Mode: LoadMode.Connect, IdleEdges: > 0 } => "--idle-edges has no meaning for connect, whose edges are all idle: use --edges",
            _ when Edges < loops && Mode != LoadMode.Churn => $"--edges must be at least --processes × --threads ({loops}), so that each thread has one",
            _ when Mode.IsToEdge() && Services < loops => $"--services must be at least --processes × --threads ({loops}) for {Mode.NameOf()}",
            _ when concurrency < loops => $"--concurrency must be at least --processes × --threads ({loops})",
            { Baseline: true } when EdgeAddresses.Count > 1 || ServiceAddresses.Count > 1 => "--baseline compares with one gateway: give one --edge-address and one --service-address",
            { Start: not null } when EdgeAddresses.Count > 1 || ServiceAddresses.Count > 1 => "--start starts one gateway: give one --edge-address and one --service-address",
            { Start: not null, ServerPids.Count: > 0 } => "--start and --server-pid exclude each other: the tool knows the process it starts",
            _ => null,
        };
    }
}

namespace Frontier.Load;

/// <summary>What a command found out.</summary>
/// <param name="Mode">The mode's name.</param>
/// <param name="Edges">Edges that took part.</param>
/// <param name="IdleEdges">Edges that were connected beside them.</param>
/// <param name="Services">Services.</param>
/// <param name="Concurrency">Operations that could be unanswered at once.</param>
/// <param name="PayloadBytes">Bytes of payload of an operation.</param>
/// <param name="SaturatingRate">Operations a second of the closed loop that a percentage of <c>--rate</c> refers to.</param>
/// <param name="Relay">The bare relay's figures.</param>
/// <param name="Gateway">The gateway's figures; null when interrupted before.</param>
/// <param name="Ratios">The gateway's as multiples of the relay's.</param>
internal sealed record LoadReport(
    string Mode,
    int Edges,
    int IdleEdges,
    int Services,
    int Concurrency,
    int PayloadBytes,
    double? SaturatingRate,
    PassResult? Relay,
    PassResult? Gateway,
    Ratios? Ratios)
{
    /// <summary>How much other processes disturbed it.</summary>
    public double Disturbance => (Relay?.OtherCores ?? 0) + (Gateway?.OtherCores ?? 0);

    /// <summary>Whether anything went wrong or was cut short.</summary>
    public bool HasErrors => Gateway is null || Gateway.IsInterrupted || HasFailed(Gateway) || (Relay is not null && HasFailed(Relay));

    private static bool HasFailed(PassResult run) => run.Errors.Count > 0 || run.Operations == 0;
}

/// <summary>The gateway's figures as multiples of the relay's; null where one of the two is not known.</summary>
internal sealed record Ratios(
    double? Throughput, double? P50, double? P99, double? ServerCpuPerOperation, double? Bandwidth, double? MemoryPerConnection)
{
    /// <summary>Divides.</summary>
    public static Ratios Of(PassResult gateway, PassResult relay) => new(
        Divide(gateway.Throughput, relay.Throughput),
        Divide(gateway.Latency?.P50, relay.Latency?.P50),
        Divide(gateway.Latency?.P99, relay.Latency?.P99),
        Divide(gateway.ServerCpuPerOperation, relay.ServerCpuPerOperation),
        Divide(gateway.BytesPerSecond, relay.BytesPerSecond),
        Divide(gateway.ServerMemoryPerConnection, relay.ServerMemoryPerConnection));

    private static double? Divide(double? gateway, double? relay) => relay is > 0 ? gateway / relay : null;
}

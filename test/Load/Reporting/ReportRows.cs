namespace Frontier.Load;

/// <summary>The rows of a report's table: what is not known of any run, or has no meaning in the mode, is left out.</summary>
internal static class ReportRows
{
    /// <summary>A row.</summary>
    /// <param name="Name">What it says.</param>
    /// <param name="Relay">The relay's figure.</param>
    /// <param name="Gateway">The gateway's figure.</param>
    /// <param name="Ratio">The gateway's by the relay's; empty when that says nothing.</param>
    public readonly record struct Row(string Name, string Relay, string Gateway, string Ratio);

    /// <summary>The rows.</summary>
    public static IEnumerable<Row> Of(LoadReport report)
    {
        var isConnect = report.Mode == LoadMode.Connect.NameOf();
        var ratios = report.Ratios;
        yield return Make(isConnect ? "connected" : "operations", run => run.Operations, Figures.Count);
        yield return Make(isConnect ? "connects" : "throughput", run => run.Throughput, Figures.PerSecond, ratios?.Throughput);
        foreach (var row in Known(
            Make("asked for", run => run.Rate, Figures.PerSecond),
            Make("payload, one way", run => isConnect ? null : run.BytesPerSecond, Figures.BytesPerSecond, ratios?.Bandwidth),
            Make("mean", run => run.Latency?.Mean, Figures.Time),
            Make("p50", run => run.Latency?.P50, Figures.Time, ratios?.P50),
            Make("p90", run => run.Latency?.P90, Figures.Time),
            Make("p99", run => run.Latency?.P99, Figures.Time, ratios?.P99),
            Make("p99.9", run => run.Latency?.P999, Figures.Time),
            Make("max", run => run.Latency?.Max, Figures.Time),
            Make("server CPU per op", run => run.ServerCpuPerOperation, Figures.Time, ratios?.ServerCpuPerOperation),
            Make("client CPU per op, both ends", run => run.ClientCpuPerOperation, Figures.Time),
            Make("server cores busy", run => run.ServerCores, Figures.Cores),
            Make("server cores, edges idle", run => run.ServerIdleCores, Figures.Cores),
            Make("cores busy with other things", run => run.OtherCores, Figures.Cores),
            Make("server allocated per op", run => run.ServerAllocatedPerOperation, Figures.Bytes),
            Make("server memory before", run => run.ServerMemoryBefore, Figures.Bytes),
            Make("server memory warmed up", run => run.ServerMemoryWarm, Figures.Bytes),
            Make("server memory after", run => run.ServerMemoryAfter, Figures.Bytes),
            Make("server memory per edge", run => run.ServerMemoryPerConnection, Figures.Bytes, ratios?.MemoryPerConnection),
            Make("… with what warming up left", run => run.ServerMemoryPerConnectionAndWarmUp, Figures.Bytes),
            Make("not started in time", run => run.Unsent > 0 ? run.Unsent : null, Figures.Count)))
        {
            yield return row;
        }

        yield return Make("errors", run => run.Errors.Values.Sum(), Figures.Count);

        Row Make(string name, Func<PassResult, double?> figure, Func<double?, string> format, double? ratio = null) => new(
            name,
            report.Relay is null ? string.Empty : format(figure(report.Relay)),
            report.Gateway is null ? string.Empty : format(figure(report.Gateway)),
            ratio is null ? string.Empty : Figures.Ratio(ratio));

        IEnumerable<Row> Known(params Row[] rows) => rows.Where(row => row.Relay.Length + row.Gateway.Length > 0 && (row.Relay + row.Gateway).Trim('–').Length > 0);
    }
}

using System.Text;

namespace Frontier.Load;

/// <summary>The table for the README: calls at 1, 64 and 1,000 at once beside the bare relay, and the memory of idle edges.</summary>
internal static class FirstMeasurement
{
    private static readonly int[] Concurrencies = [1, 64, 1000];

    /// <summary>What is measured one after the other, each with a server of its own.</summary>
    /// <param name="options">What is common to all.</param>
    /// <param name="idleEdges">Edges whose memory is measured.</param>
    public static IEnumerable<LoadOptions> Steps(LoadOptions options, int idleEdges)
    {
        foreach (var concurrency in Concurrencies)
        {
            yield return options with { Mode = LoadMode.Call, Concurrency = concurrency };
        }

        yield return options with { Mode = LoadMode.Connect, Edges = idleEdges, Concurrency = null };
    }

    /// <summary>The reports as Markdown.</summary>
    public static string ToMarkdown(IReadOnlyList<LoadReport> reports)
    {
        var text = new StringBuilder();
        var calls = reports.Where(report => report.Mode == LoadMode.Call.NameOf()).ToList();
        if (calls.Count > 0)
        {
            text.AppendLine("| calls at once | calls per second | bare relay | p50 | p99 | bare relay's p99 | server CPU per call | bare relay's | ratio | allocated per call |");
            text.AppendLine("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        }

        foreach (var report in calls)
        {
            Append(
                text,
                Figures.Count(report.Concurrency),
                Figures.Count(report.Gateway?.Throughput),
                Figures.Count(report.Relay?.Throughput),
                Figures.Time(report.Gateway?.Latency?.P50),
                Figures.Time(report.Gateway?.Latency?.P99),
                Figures.Time(report.Relay?.Latency?.P99),
                Figures.Time(report.Gateway?.ServerCpuPerOperation),
                Figures.Time(report.Relay?.ServerCpuPerOperation),
                Figures.Ratio(report.Ratios?.ServerCpuPerOperation),
                Figures.Bytes(report.Gateway?.ServerAllocatedPerOperation));
        }

        foreach (var report in reports.Where(report => report.Mode == LoadMode.Connect.NameOf()))
        {
            text.AppendLine();
            text.AppendLine("| idle edges | memory per edge | with what warming up left | connects per second | server CPU per connect |");
            text.AppendLine("|---:|---:|---:|---:|---:|");
            Append(
                text,
                Figures.Count(report.Gateway?.Operations),
                Figures.Bytes(report.Gateway?.ServerMemoryPerConnection),
                Figures.Bytes(report.Gateway?.ServerMemoryPerConnectionAndWarmUp),
                Figures.Count(report.Gateway?.Throughput),
                Figures.Time(report.Gateway?.ServerCpuPerOperation));
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, params string[] cells) => text.AppendLine($"| {string.Join(" | ", cells)} |");
}

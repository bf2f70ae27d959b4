using System.Globalization;

namespace Frontier.Load;

/// <summary>Finds a value in a page of Prometheus metrics.</summary>
internal static class MetricsText
{
    /// <summary>What .NET has allocated on its heap since the process started, under the name OpenTelemetry gives <c>dotnet.gc.heap.total_allocated</c>.</summary>
    public const string AllocatedBytes = "dotnet_gc_heap_total_allocated_bytes_total";

    /// <summary>The sum of a metric over its labels; null when it is not there.</summary>
    public static double? Find(string page, string name)
    {
        double? sum = null;
        foreach (var line in page.AsSpan().EnumerateLines())
        {
            if (!line.StartsWith(name, StringComparison.Ordinal) || line.Length == name.Length || line[name.Length] is not (' ' or '{'))
            {
                continue;
            }

            // NAME{label="value"} VALUE [TIMESTAMP]; a label's value may hold spaces.
            var rest = line[name.Length] == '{' ? line[(line.LastIndexOf('}') + 1)..] : line[name.Length..];
            rest = rest.Trim();
            var end = rest.IndexOf(' ');
            if (double.TryParse(end < 0 ? rest : rest[..end], NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                sum = (sum ?? 0) + value;
            }
        }

        return sum;
    }
}

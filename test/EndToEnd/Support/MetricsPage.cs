using System.Globalization;
using System.Text.RegularExpressions;

namespace Frontier.EndToEnd.Tests.Support;

/// <summary>What <c>/metrics</c> said at one moment.</summary>
internal sealed partial class MetricsPage(string text)
{
    /// <summary>The sum of a metric's samples that have all of these labels; 0 when there is none yet.</summary>
    /// <param name="name">The metric's name in Prometheus form.</param>
    /// <param name="labels">Labels with their values.</param>
    public double Value(string name, params (string Label, string Value)[] labels)
    {
        var sum = 0d;
        foreach (var line in text.Split('\n'))
        {
            if (Sample().Match(line) is { Success: true } sample
                && sample.Groups["name"].Value == name
                && Array.TrueForAll(labels, label => sample.Groups["labels"].Value.Contains($"{label.Label}=\"{label.Value}\"", StringComparison.Ordinal)))
            {
                sum += double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture);
            }
        }

        return sum;
    }

    public override string ToString() => text;

    [GeneratedRegex("""^(?<name>[a-z_]+)(?:\{(?<labels>.*)\})? (?<value>\S+)""")]
    private static partial Regex Sample();
}

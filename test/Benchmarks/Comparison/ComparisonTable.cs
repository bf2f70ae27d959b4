using System.Globalization;
using Spectre.Console;

namespace Frontier.Benchmarks;

/// <summary>A comparison for people.</summary>
internal static class ComparisonTable
{
    private const int RedirectedWidth = 160;

    /// <summary>Prints it.</summary>
    public static void Write(IEnumerable<ComparisonRow> rows, TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = RedirectedWidth; // A file has no width; wrapped lines are of no use there.
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumn("benchmark");
        foreach (var title in new[] { "baseline ratio", "now", "allowed", "allowed B", "now B" })
        {
            table.AddColumn(new TableColumn(title).RightAligned());
        }

        table.AddColumn(string.Empty);
        foreach (var row in rows)
        {
            string[] cells =
            [
                row.Name,
                Ratio(row.Expected?.Ratio),
                Ratio(row.Actual?.Ratio),
                Ratio(row.Expected?.AllowedRatio),
                Bytes(row.Expected?.AllowedBytes),
                Bytes(row.Actual?.AllocatedBytes),
                row.Verdict,
            ];
            table.AddRow([.. cells.Select(Markup.Escape)]);
        }

        console.Write(table);
    }

    private static string Ratio(double? ratio) => ratio?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "-";

    private static string Bytes(double? bytes) => bytes?.ToString("0.##", CultureInfo.InvariantCulture) ?? "-";
}

using Spectre.Console;

namespace Frontier.Load;

/// <summary>A report for people.</summary>
internal static class ReportTable
{
    private const int RedirectedWidth = 200;

    /// <summary>Prints it.</summary>
    public static void Write(LoadReport report, IAnsiConsole console)
    {
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = RedirectedWidth; // A file has no width; wrapped lines are of no use there.
        }

        console.WriteLine(
            $"{report.Mode}: {report.Edges:N0} edges{(report.IdleEdges > 0 ? $" and {report.IdleEdges:N0} idle ones" : "")}, services: {report.Services}, {report.Concurrency:N0} at once, {report.PayloadBytes:N0} B");
        var table = new Table().Border(TableBorder.Rounded);
        var hasBoth = report.Relay is not null;
        table.AddColumn(string.Empty);
        if (hasBoth)
        {
            table.AddColumn(new TableColumn("bare relay").RightAligned());
        }

        table.AddColumn(new TableColumn("gateway").RightAligned());
        if (hasBoth)
        {
            table.AddColumn(new TableColumn("gateway / relay").RightAligned());
        }

        foreach (var row in ReportRows.Of(report))
        {
            string[] cells = hasBoth ? [row.Name, row.Relay, row.Gateway, row.Ratio] : [row.Name, row.Gateway];
            table.AddRow([.. cells.Select(Markup.Escape)]);
        }

        console.Write(table);
        if (report.SaturatingRate is { } rate)
        {
            console.WriteLine($"The rate is a part of the {Figures.PerSecond(rate)} that saturate the gateway.");
        }

        foreach (var run in new[] { report.Relay, report.Gateway }.OfType<PassResult>())
        {
            foreach (var (kind, count) in run.Errors.OrderByDescending(error => error.Value))
            {
                console.WriteLine($"{run.Server}: {Figures.Count(count)} × {kind}");
            }

            if (run.Note is not null)
            {
                console.WriteLine($"{run.Server}: {run.Note}");
            }

            if (run.IsInterrupted)
            {
                console.WriteLine($"{run.Server}: interrupted after {run.Seconds:0.0} s");
            }
        }
    }
}

using System.CommandLine;

namespace Frontier.Load;

/// <summary><c>frontier-load report</c>: one command for the figures of the README.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var arguments = new LoadArguments();
        var idleEdges = new Option<int>("--memory-edges") { Description = "Idle edges whose memory is measured", HelpName = "N", DefaultValueFactory = _ => 10_000 };
        var command = new Command(
            "report",
            "Measures calls at 1, 64 and 1,000 at once beside the bare relay, and the memory of idle edges, each with a server that it starts (--start, by default the one built with this tool); prints Markdown")
        {
            idleEdges,
        };
        foreach (var option in arguments.ForReport())
        {
            command.Add(option);
        }

        command.SetAction((parsed, _) => LoadCommand.GuardAsync(async (progress, interrupt) =>
        {
            var common = arguments.Read(parsed, LoadMode.Call);
            common = common with { Baseline = true, Start = common.Start ?? BuiltServer() };
            var reports = new List<LoadReport>();
            foreach (var step in FirstMeasurement.Steps(common, parsed.GetValue(idleEdges)))
            {
                if (interrupt.IsCancellationRequested)
                {
                    break;
                }

                // A relay holds two sockets for each edge; what an idle edge costs it says nothing.
                reports.Add(await LoadRun.RunAsync(step with { Baseline = step.Mode != LoadMode.Connect }, progress, interrupt));
            }

            progress.Clear();
            Console.WriteLine(common.Json
                ? ReportText.ToJson(reports)
                : FirstMeasurement.ToMarkdown(reports));
            foreach (var report in reports)
            {
                foreach (var run in new[] { report.Relay, report.Gateway }.OfType<PassResult>().Where(run => run.Errors.Count > 0))
                {
                    await Console.Error.WriteLineAsync(
                        $"{report.Mode}, {report.Concurrency} at once, {run.Server}: {string.Join("; ", run.Errors.Select(error => $"{error.Value} × {error.Key}"))}");
                }
            }

            return LoadCommand.ExitCodeOf(reports, interrupt);
        }));
        return command;
    }

    // test/Load/bin/Release/net10.0/ → Silo/bin/Release/net10.0/: built together, with the same configuration.
    private static string BuiltServer()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = output.Parent?.Name;
        var root = output.Parent?.Parent?.Parent?.Parent?.Parent;
        var server = root is null || configuration is null ? null : Path.Combine(root.FullName, "Silo", "bin", configuration, output.Name, "Frontier.Silo.dll");
        return File.Exists(server)
            ? $"dotnet \"{server}\" --edgebound:listen:addr=127.0.0.1:0 --servicebound:listen:addr=127.0.0.1:0 --controlplane:listen:addr=127.0.0.1:0 --control_plane:listen:addr=127.0.0.1:0 --observability:addr=127.0.0.1:0 --limits:plain_stream_frames_per_second=0"
            : throw new LoadException("there is no server built beside this tool: say with --start how to start one");
    }
}

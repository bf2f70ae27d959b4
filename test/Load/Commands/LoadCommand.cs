using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.InteropServices;
using Spectre.Console;

namespace Frontier.Load;

/// <summary>The command line <c>frontier-load</c>.</summary>
internal static class LoadCommand
{
    private const int Done = 0;
    private const int CannotRun = 1;
    private const int HadErrors = 2;
    private const int Interrupted = 130;

    private const string About = """
        Puts load on a Frontier gateway, ours or the original, and says what it takes and what it costs.

        The driver is not the SDK: it speaks Geminio itself over epoll, on one thread for both ends, from frames that are encoded once and only stamped with
        ids, so that it costs less than the server. Every answer is matched to what was asked and its payload compared. Linux only; no TLS.
        """;

    /// <summary>Runs it.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        // Not a RootCommand: that one is named after the assembly's file under some hosts.
        var root = new Command("frontier-load", About) { new HelpOption { Recursive = true }, new VersionOption() };
        foreach (var mode in LoadModes.List)
        {
            root.Add(CreateMode(mode));
        }

        root.Add(ReportCommand.Create());
        root.Add(RelayCommand.Create());
        root.Add(WorkerCommand.Create());
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"frontier-load: {error.Message}");
            }

            return CannotRun;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
    }

    /// <summary>Runs something that can be interrupted once and then prints what it has, and whose problems are one line.</summary>
    public static async Task<int> GuardAsync(Func<IProgressLine, CancellationToken, Task<int>> action)
    {
        using var interrupt = new CancellationTokenSource();
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var progress = new ConsoleProgress(Console.Error, !Console.IsErrorRedirected);
        try
        {
            return await action(progress, interrupt.Token);
        }
        catch (LoadException error)
        {
            progress.Clear();
            await Console.Error.WriteLineAsync($"frontier-load: {error.Message}");
            return CannotRun;
        }
        catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
        {
            progress.Clear();
            await Console.Error.WriteLineAsync("frontier-load: interrupted before there was anything to tell");
            return Interrupted;
        }

        void Stop(PosixSignalContext signal)
        {
            // The second time the process ends as it usually would.
            signal.Cancel = !interrupt.IsCancellationRequested;
            interrupt.Cancel();
        }
    }

    /// <summary>The exit code that goes with a result.</summary>
    public static int ExitCodeOf(IEnumerable<LoadReport> reports, CancellationToken interrupt) =>
        interrupt.IsCancellationRequested ? Interrupted : reports.Any(report => report.HasErrors) ? HadErrors : Done;

    private static Command CreateMode(LoadMode mode)
    {
        var arguments = new LoadArguments();
        var command = new Command(mode.NameOf(), mode.Describe());
        foreach (var option in arguments.ForMode())
        {
            command.Add(option);
        }

        command.SetAction((parsed, _) => GuardAsync(async (progress, interrupt) =>
        {
            var options = arguments.Read(parsed, mode);
            var report = await LoadRun.RunAsync(options, progress, interrupt);
            progress.Clear();
            if (options.Json)
            {
                Console.WriteLine(ReportText.ToJson(report));
            }
            else
            {
                ReportTable.Write(report, AnsiConsole.Console);
            }

            return ExitCodeOf([report], interrupt);
        }));
        return command;
    }
}

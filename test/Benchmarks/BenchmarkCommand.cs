using System.CommandLine;
using System.CommandLine.Help;
using System.Text.Json;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Running;
using Spectre.Console;

namespace Frontier.Benchmarks;

/// <summary>The command line: run, compare, update.</summary>
internal static class BenchmarkCommand
{
    private const int Done = 0;
    private const int Regressed = 1;
    private const int CannotRun = 2;

    private static readonly Argument<string> Filter = new("filter")
    {
        Description = "Only benchmarks whose name contains this.",
        DefaultValueFactory = _ => string.Empty,
    };

    private static readonly Option<string> File = new("--file")
    {
        Description = "The baseline; by default baseline.json in the project's folder.",
        DefaultValueFactory = _ => Baseline.DefaultFile,
    };

    /// <summary>Runs it; the exit code.</summary>
    public static Task<int> RunAsync(string[] args)
    {
        var root = new Command("frontier-benchmarks", "Measures the codec, the tables and the exchange of the gateway without sockets.") { new HelpOption { Recursive = true } };
        root.Add(CreateRun());
        root.Add(CreateCompare());
        root.Add(CreateUpdate());
        return root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null }).InvokeAsync();
    }

    private static Command CreateRun()
    {
        var filter = new Argument<string>("filter") { Description = "A BenchmarkDotNet filter, such as *Exchange*.", DefaultValueFactory = _ => "*" };
        var command = new Command("run", "Runs BenchmarkDotNet as usual, each benchmark in a process of its own: the precise way, and the slow one.") { filter };
        command.SetAction(parsed =>
        {
            var config = DefaultConfig.Instance.AddDiagnoser(MemoryDiagnoser.Default).HideColumns(Column.Error, Column.RatioSD);
            var summaries = BenchmarkSwitcher.FromAssembly(typeof(BenchmarkCommand).Assembly).Run(["--filter", parsed.GetValue(filter)!], config);
            return summaries.Any() ? Done : CannotRun;
        });
        return command;
    }

    private static Command CreateCompare()
    {
        var command = new Command("compare", "Measures quickly and compares with the baseline; exit code 1 when something got slower than allowed, or allocates more.") { Filter, File };
        command.SetAction(parsed => Guard(() =>
        {
            var rows = Comparer.Compare(Baseline.Read(parsed.GetValue(File)!), parsed.GetValue(Filter)!, Console.Error.WriteLine);
            ComparisonTable.Write(rows, AnsiConsole.Console);
            return rows.Any(row => row.IsFailure) ? Regressed : Done;
        }));
        return command;
    }

    private static Command CreateUpdate()
    {
        var command = new Command("update", "Measures and writes the baseline anew; factors that were set in it stay.") { Filter, File };
        command.SetAction(parsed => Guard(() =>
        {
            var file = parsed.GetValue(File)!;
            Baseline.Read(file).With(Comparer.Measure(parsed.GetValue(Filter)!, Console.Error.WriteLine), ShortRun.Names).Write(file);
            Console.WriteLine(file);
            return Done;
        }));
        return command;
    }

    private static int Guard(Func<int> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or UnauthorizedAccessException or JsonException)
        {
            Console.Error.WriteLine($"frontier-benchmarks: {e.Message}");
            return CannotRun;
        }
    }
}

using System.CommandLine;
using System.CommandLine.Help;
using System.Text.Json;

namespace Frontier.Benchmarks;

/// <summary>The commands that measure by themselves and not with BenchmarkDotNet: compare with the committed baseline, and write it anew.</summary>
/// <param name="catalog">What there is to measure.</param>
/// <param name="output">Where results go.</param>
/// <param name="error">Where progress and trouble go.</param>
/// <param name="attempts">How often what looks like a regression is measured.</param>
internal sealed class ComparisonCommand(BenchmarkCatalog catalog, TextWriter output, TextWriter error, int attempts = Comparer.DefaultAttempts)
{
    /// <summary>The name of the command that compares.</summary>
    public const string Compare = "compare";

    /// <summary>The name of the command that writes the baseline.</summary>
    public const string Update = "update";

    /// <summary>Exit code: nothing is worse than allowed.</summary>
    public const int Fine = 0;

    /// <summary>Exit code: something is.</summary>
    public const int Regressed = 1;

    /// <summary>Exit code: there is nothing to compare, or the file cannot be used.</summary>
    public const int CannotRun = 2;

    private readonly Argument<string> _filter = new("filter")
    {
        Description = "Only benchmarks whose name contains this.",
        DefaultValueFactory = _ => string.Empty,
    };

    private readonly Option<string> _file = new("--file")
    {
        Description = "The baseline; by default baseline.json in the project's folder.",
        DefaultValueFactory = _ => Baseline.DefaultFile,
    };

    private readonly Option<bool> _allocationsOnly = new("--allocations") { Description = "Compare only what is allocated, which no neighbour on the machine has a part in." };

    /// <summary>Runs one; the exit code.</summary>
    public Task<int> RunAsync(string[] args)
    {
        var root = new Command("frontier-benchmarks", "Compares the gateway's cost for a frame with what is committed.") { new HelpOption { Recursive = true } };
        root.Add(CreateCompare());
        root.Add(CreateUpdate());
        return root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null }).InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
    }

    private Command CreateCompare()
    {
        var command = new Command(Compare, "Measures, and compares with the baseline. Exit code 1: slower than allowed, or more allocated; 2: nothing to compare.")
        {
            _filter, _file, _allocationsOnly,
        };
        command.SetAction(parsed => GuardAsync(async () =>
        {
            var baseline = Baseline.Read(parsed.GetValue(_file)!);
            var comparer = new Comparer(catalog, attempts, error.WriteLine);
            var rows = await comparer.CompareAsync(baseline, parsed.GetValue(_filter)!, withTimes: !parsed.GetValue(_allocationsOnly));
            ComparisonTable.Write(rows, output);
            foreach (var row in rows.Where(row => row.IsFailure))
            {
                error.WriteLine($"{row.Name}: {row.Verdict}");
            }

            return rows.Any(row => row.IsFailure) ? Regressed : Fine;
        }));
        return command;
    }

    private Command CreateUpdate()
    {
        var command = new Command(Update, "Measures three times and writes the middle of it into the baseline; factors that were set there stay.") { _filter, _file };
        command.SetAction(parsed => GuardAsync(async () =>
        {
            var file = parsed.GetValue(_file)!;
            var measured = await new Comparer(catalog, attempts, error.WriteLine).MeasureAsync(parsed.GetValue(_filter)!);
            Baseline.ReadOrEmpty(file).With(measured, catalog.Names).Write(file);
            output.WriteLine(file);
            return Fine;
        }));
        return command;
    }

    private async Task<int> GuardAsync(Func<Task<int>> action)
    {
        try
        {
            return await action();
        }
        catch (Exception e) when (e is ComparisonException or IOException or UnauthorizedAccessException or JsonException)
        {
            error.WriteLine($"frontier-benchmarks: {e.Message}");
            return CannotRun;
        }
    }
}

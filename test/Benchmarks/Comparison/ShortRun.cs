using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Frontier.Benchmarks;

/// <summary>
/// Runs benchmarks quickly, in this process. Many short iterations of which the fastest counts: on a machine that
/// does other things as well, some of them are left alone, whereas the mean tells more about the neighbours.
/// </summary>
internal static class ShortRun
{
    private static readonly IConfig Config = ManualConfig.CreateEmpty()
        .AddLogger(NullLogger.Instance)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .WithOptions(ConfigOptions.DisableLogFile)
        .AddJob(Job.Default
            .WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(5), logOutput: false))
            .WithIterationTime(TimeInterval.FromMilliseconds(4))
            .WithWarmupCount(60)
            .WithIterationCount(60)
            .WithEvaluateOverhead(false)
            .DontEnforcePowerPlan());

    /// <summary>Every benchmark but the calibration.</summary>
    public static IReadOnlyList<string> Names => [.. Cases(_ => true).SelectMany(run => run.BenchmarksCases).Select(NameOf).Where(name => !IsCalibration(name))];

    /// <summary>Whether a name is the calibration's.</summary>
    public static bool IsCalibration(string name) => name.StartsWith(nameof(Calibration), StringComparison.Ordinal);

    /// <summary>Measures the benchmarks that are wanted, and the calibration.</summary>
    /// <exception cref="InvalidOperationException">One of them failed.</exception>
    public static IReadOnlyList<Measurement> Measure(Predicate<string> wanted)
    {
        var runs = Cases(name => wanted(name) || IsCalibration(name));
        // Before the times, so that everything has run often enough to be compiled for good.
        var allocated = runs.SelectMany(run => run.BenchmarksCases).ToDictionary(NameOf, AllocationCount.Measure, StringComparer.Ordinal);
        var reports = BenchmarkRunner.Run(runs).SelectMany(summary => summary.Reports).ToList();
        if (reports.Find(report => report.ResultStatistics is null) is { } failed)
        {
            throw new InvalidOperationException($"{NameOf(failed.BenchmarkCase)} failed; `run` shows why");
        }

        return [.. reports.Select(report => Read(report, allocated))];
    }

    private static Measurement Read(BenchmarkReport report, Dictionary<string, long> allocated) => new(
        NameOf(report.BenchmarkCase),
        report.ResultStatistics!.Mean,
        report.ResultStatistics.Min,
        allocated[NameOf(report.BenchmarkCase)]);

    private static BenchmarkRunInfo[] Cases(Predicate<string> wanted)
    {
        var types = typeof(ShortRun).Assembly.GetTypes().Where(type => type.GetMethods().Any(method => method.IsDefined(typeof(BenchmarkDotNet.Attributes.BenchmarkAttribute), false)));
        var config = ManualConfig.Create(Config).AddFilter(new SimpleFilter(benchmark => wanted(NameOf(benchmark))));
        return
        [
            .. types.OrderBy(type => type == typeof(Calibration) ? string.Empty : type.FullName, StringComparer.Ordinal)
                .Select(type => BenchmarkConverter.TypeToBenchmarks(type, config))
                .Where(run => run.BenchmarksCases.Length > 0),
        ];
    }

    private static string NameOf(BenchmarkCase benchmark)
    {
        var type = benchmark.Descriptor.Type.Name.Replace("Benchmarks", string.Empty, StringComparison.Ordinal);
        var parameters = string.Join(", ", benchmark.Parameters.Items.Select(parameter => $"{parameter.Name} {parameter.Value}"));
        return $"{type}.{benchmark.Descriptor.WorkloadMethod.Name}{(parameters.Length > 0 ? $" ({parameters})" : string.Empty)}";
    }
}

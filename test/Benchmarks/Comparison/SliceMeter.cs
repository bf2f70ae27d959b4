using System.Diagnostics;
using System.Runtime;

namespace Frontier.Benchmarks;

/// <summary>
/// Measures a workload beside the calibration: short slices of the two in turn on one thread, of which the fastest counts. On a machine that does other
/// things, too, some slices are left alone, and both are measured at the same clock rate and beside the same neighbours.
/// </summary>
internal static class SliceMeter
{
    private const int Rounds = 100;
    private const int CountedRuns = 100;

    // Short enough that some are not interrupted, long enough that reading the clock is nothing beside it.
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(1);

    // The runtime compiles a busy method again when nothing new has been compiled for 100 ms, and does so with several steps in between.
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan WarmUpLimit = TimeSpan.FromSeconds(10);

    /// <summary>Measures a benchmark.</summary>
    /// <param name="benchmark">Which one.</param>
    /// <param name="withTimes">Whether to measure time as well as allocations.</param>
    public static async Task<Measurement> MeasureAsync(ComparedBenchmark benchmark, bool withTimes)
    {
        await using var workload = benchmark.Start();
        var calibration = new Calibration();
        return Measure(workload, calibration, withTimes);
    }

    private static Measurement Measure(Workload workload, Calibration calibration, bool withTimes)
    {
        WarmUp(workload, calibration);
        var allocated = (double)CountAllocations(workload) / CountedRuns / workload.Operations;
        if (!withTimes)
        {
            return new Measurement(0, 0, allocated);
        }

        var runs = RunsPerSlice(workload.Run);
        var calibrations = RunsPerSlice(calibration.Run);
        var (fastest, fastestCalibration) = (long.MaxValue, long.MaxValue);
        GC.Collect();
        for (var round = 0; round < Rounds; round++)
        {
            fastestCalibration = Math.Min(fastestCalibration, Time(calibration.Run, calibrations));
            fastest = Math.Min(fastest, Time(workload.Run, runs));
        }

        var nanoseconds = Nanoseconds(fastest) / runs / workload.Operations;
        return new Measurement(nanoseconds, nanoseconds / (Nanoseconds(fastestCalibration) / calibrations), allocated);
    }

    // Until nothing more is compiled, so that what is measured is the final code.
    private static void WarmUp(Workload workload, Calibration calibration)
    {
        var started = Stopwatch.GetTimestamp();
        var (compiled, since) = (-1L, started);
        while (Stopwatch.GetElapsedTime(since) < Settled && Stopwatch.GetElapsedTime(started) < WarmUpLimit)
        {
            workload.Run(1);
            calibration.Run(1);
            if (JitInfo.GetCompiledMethodCount() is var count && count != compiled)
            {
                (compiled, since) = (count, Stopwatch.GetTimestamp());
            }
        }
    }

    // All of a benchmark's work is done on this thread, so the thread's own count is all of it and nobody else's.
    private static long CountAllocations(Workload workload)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        workload.Run(CountedRuns);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static int RunsPerSlice(Action<int> run)
    {
        for (var runs = 1; ; runs *= 2)
        {
            var fastest = Enumerable.Range(0, 3).Min(_ => Time(run, runs));
            if (fastest * 2 >= Slice.Ticks * (Stopwatch.Frequency / TimeSpan.TicksPerSecond))
            {
                return runs;
            }
        }
    }

    private static long Time(Action<int> run, int times)
    {
        var started = Stopwatch.GetTimestamp();
        run(times);
        return Stopwatch.GetTimestamp() - started;
    }

    private static double Nanoseconds(long timestamps) => timestamps * 1e9 / Stopwatch.Frequency;
}

using System.Diagnostics;
using System.Runtime;
using BenchmarkDotNet.Running;

namespace Frontier.Benchmarks;

/// <summary>
/// Counts what a benchmark allocates on its own thread. MemoryDiagnoser counts the whole process, which over a short run is mostly what the runtime does at the
/// same time; no benchmark here hands work to another thread.
/// </summary>
internal static class AllocationCount
{
    private const int Invocations = 100;
    private const int Attempts = 3;

    // The runtime compiles a busy method again when nothing new has been compiled for 100 ms.
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan WarmUpLimit = TimeSpan.FromSeconds(5);

    /// <summary>Bytes for one operation, rounded up.</summary>
    public static long Measure(BenchmarkCase benchmark)
    {
        var descriptor = benchmark.Descriptor;
        var instance = Activator.CreateInstance(descriptor.Type)!;
        foreach (var parameter in benchmark.Parameters.Items)
        {
            descriptor.Type.GetProperty(parameter.Name)!.SetValue(instance, parameter.Value);
        }

        descriptor.GlobalSetupMethod?.Invoke(instance, null);
        try
        {
            var workload = ToAction(descriptor, instance);
            WarmUp(workload);
            var least = Enumerable.Range(0, Attempts).Min(_ => Count(workload));
            var operations = Invocations * descriptor.OperationsPerInvoke;
            return (least + operations - 1) / operations;
        }
        finally
        {
            (descriptor.GlobalCleanupMethod?.Invoke(instance, null) as Task)?.GetAwaiter().GetResult();
        }
    }

    // Until nothing more is compiled, so that the times that are measured next are the final code's.
    private static void WarmUp(Action workload)
    {
        var started = Stopwatch.GetTimestamp();
        var (compiled, since) = (-1L, started);
        while (Stopwatch.GetElapsedTime(since) < Settled && Stopwatch.GetElapsedTime(started) < WarmUpLimit)
        {
            workload();
            if (JitInfo.GetCompiledMethodCount() is var count && count != compiled)
            {
                (compiled, since) = (count, Stopwatch.GetTimestamp());
            }
        }
    }

    private static long Count(Action workload)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Repeat(workload, Invocations);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Repeat(Action workload, int times)
    {
        for (var i = 0; i < times; i++)
        {
            workload();
        }
    }

    // Through a typed delegate: a call by reflection would box the result, and be counted.
    private static Action ToAction(Descriptor descriptor, object instance) => Type.GetTypeCode(descriptor.WorkloadMethod.ReturnType) switch
    {
        TypeCode.Int32 => Discard<int>(descriptor, instance),
        TypeCode.UInt32 => Discard<uint>(descriptor, instance),
        TypeCode.Int64 => Discard<long>(descriptor, instance),
        TypeCode.UInt64 => Discard<ulong>(descriptor, instance),
        _ => descriptor.WorkloadMethod.CreateDelegate<Action>(instance),
    };

    private static Action Discard<T>(Descriptor descriptor, object instance)
    {
        var workload = descriptor.WorkloadMethod.CreateDelegate<Func<T>>(instance);
        return () => workload();
    }
}

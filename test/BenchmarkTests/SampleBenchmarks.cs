using BenchmarkDotNet.Attributes;

namespace Frontier.Benchmarks.Tests;

/// <summary>A program whose cost the tests change behind the comparison's back.</summary>
public class SampleBenchmarks
{
    private byte[] _kept = [];

    /// <summary>How much work an operation is.</summary>
    public static int Effort { get; set; } = 1;

    /// <summary>Bytes of an array that an operation makes; 0 for none.</summary>
    public static int Garbage { get; set; }

    [Params(10)]
    public int Size { get; set; }

    [Benchmark(OperationsPerInvoke = 4)]
    public ulong Work()
    {
        var sum = 1UL;
        for (var i = 0; i < 1000 * Size * Effort; i++)
        {
            sum = (sum * 6_364_136_223_846_793_005) + 1_442_695_040_888_963_407;
        }

        if (Garbage > 0)
        {
            _kept = new byte[Garbage];
        }

        return sum + (ulong)_kept.Length;
    }

    [Benchmark]
    public void Rest()
    {
    }
}

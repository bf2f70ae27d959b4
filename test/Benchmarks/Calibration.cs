using System.Runtime.CompilerServices;
using BenchmarkDotNet.Attributes;

namespace Frontier.Benchmarks;

/// <summary>
/// How fast this machine is: copies 16 KiB and hashes 1 KiB, which is about what forwarding is made of (copying, and looking at bytes one after the other).
/// Every time is compared as a multiple of this one, measured in the same run.
/// </summary>
public class Calibration
{
    private readonly byte[] _source = new byte[16 * 1024];
    private readonly byte[] _target = new byte[16 * 1024];

    [GlobalSetup]
    public void SetUp() => new Random(1).NextBytes(_source);

    /// <summary>Compiled for good at once: all other times hang on this one.</summary>
    [Benchmark]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public uint CopyAndHash()
    {
        _source.CopyTo(_target, 0);
        var hash = 2_166_136_261u; // FNV-1a: each step waits for the one before, and no compiler makes it a vector operation.
        foreach (var b in _target.AsSpan(0, 1024))
        {
            hash = (hash ^ b) * 16_777_619u;
        }

        return hash;
    }
}

using System.Runtime.CompilerServices;

namespace Frontier.Benchmarks;

/// <summary>
/// How fast this machine is just now: a fixed piece of work, of which every time is a multiple. It keeps all of a core's arithmetic units busy, so that a
/// neighbour on the same core slows it down as it does the gateway's code; and it uses no memory and hardly any jumps, as it would otherwise depend on
/// where in memory its data and its loop happen to lie, which differs from run to run by half of its time.
/// </summary>
internal sealed class Calibration
{
    private const int Iterations = 64;

    private ulong _sum = 1;

    /// <summary>Does the work a number of times.</summary>
    public void Run(int times)
    {
        for (var i = 0; i < times; i++)
        {
            _sum = Work(_sum | 1);
        }
    }

    // Compiled for good at once, without a profile: it has to be the same code in every run.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static ulong Work(ulong seed)
    {
        ulong a = seed, b = seed + 2, c = seed + 4, d = seed + 6, e = seed + 8, f = seed + 10;
        for (var i = 0; i < Iterations; i++)
        {
            Mix(ref a, ref b, ref c, ref d, ref e, ref f);
            Mix(ref a, ref b, ref c, ref d, ref e, ref f);
            Mix(ref a, ref b, ref c, ref d, ref e, ref f);
            Mix(ref a, ref b, ref c, ref d, ref e, ref f);
        }

        return a ^ b ^ c ^ d ^ e ^ f;
    }

    // Xorshift (Marsaglia), six side by side: more than a core can do at once.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref ulong a, ref ulong b, ref ulong c, ref ulong d, ref ulong e, ref ulong f)
    {
        a ^= a << 13;
        b ^= b << 13;
        c ^= c << 13;
        d ^= d << 13;
        e ^= e << 13;
        f ^= f << 13;
        a ^= a >> 7;
        b ^= b >> 7;
        c ^= c >> 7;
        d ^= d >> 7;
        e ^= e >> 7;
        f ^= f >> 7;
        a ^= a << 17;
        b ^= b << 17;
        c ^= c << 17;
        d ^= d << 17;
        e ^= e << 17;
        f ^= f << 17;
    }
}

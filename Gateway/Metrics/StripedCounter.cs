using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Frontier.Gateway;

/// <summary>A sum that many threads add to at once, each mostly to a cache line of its own. Reading it is the rare operation.</summary>
internal sealed class StripedCounter
{
    private static readonly int Mask = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount) - 1;

    private readonly Stripe[] _stripes = new Stripe[Mask + 1];

    /// <summary>The sum so far.</summary>
    public long Value
    {
        get
        {
            var sum = 0L;
            foreach (ref var stripe in _stripes.AsSpan())
            {
                sum += Volatile.Read(ref stripe.Value);
            }

            return sum;
        }
    }

    /// <summary>Adds to the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(long amount = 1) => Interlocked.Add(ref _stripes[Thread.GetCurrentProcessorId() & Mask].Value, amount);

    [StructLayout(LayoutKind.Explicit, Size = 64)]
    private struct Stripe
    {
        [FieldOffset(0)]
        public long Value;
    }
}

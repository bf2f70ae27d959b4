using System.Numerics;

namespace Frontier.Load;

/// <summary>
/// Counts values in log-linear buckets, as HdrHistogram does: exact below 2,048 ns, then 1,024 buckets for each doubling, so that a value is off by less
/// than 0.1 %. (The HdrHistogram package for .NET is of 2017 and brings the whole of NETStandard.Library 1.6 along.)
/// </summary>
internal sealed class LatencyHistogram
{
    private const int BitsPerDoubling = 10;
    private const int BucketsPerDoubling = 1 << BitsPerDoubling;

    // About 18 minutes in nanoseconds: far more than any operation may take.
    private const int HighestBit = 40;

    private readonly long[] _counts = new long[(HighestBit - BitsPerDoubling + 1) * BucketsPerDoubling];

    /// <summary>The longest value there can be; what is longer counts as this.</summary>
    public const long Highest = (1L << HighestBit) - 1;

    /// <summary>How many values there are.</summary>
    public long Count { get; private set; }

    /// <summary>The sum of all values, for the mean.</summary>
    public double Sum { get; private set; }

    /// <summary>The largest value, exact.</summary>
    public long Max { get; private set; }

    /// <summary>Adds a value.</summary>
    public void Record(long nanoseconds) => Record(nanoseconds, 1);

    /// <summary>The value below or at which this part of all values lies; 0 when there are none.</summary>
    /// <param name="part">From 0 to 1.</param>
    public long Percentile(double part)
    {
        var rank = Math.Clamp((long)Math.Ceiling(part * Count), 1, Math.Max(1, Count));
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
            {
                return Math.Min(HighestOf(i), Max);
            }
        }

        return 0;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
        Sum = 0;
        Max = 0;
    }

    /// <summary>Adds another one's values.</summary>
    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
        Sum += other.Sum;
        Max = Math.Max(Max, other.Max);
    }

    /// <summary>The values as text for another process: the sum, the maximum, then a bucket and its count in turn.</summary>
    public double[] Export()
    {
        var result = new List<double> { Sum, Max };
        for (var i = 0; i < _counts.Length; i++)
        {
            if (_counts[i] != 0)
            {
                result.Add(i);
                result.Add(_counts[i]);
            }
        }

        return [.. result];
    }

    /// <summary>What <see cref="Export"/> made.</summary>
    public static LatencyHistogram Import(double[] exported)
    {
        var result = new LatencyHistogram { Sum = exported[0], Max = (long)exported[1] };
        for (var i = 2; i < exported.Length; i += 2)
        {
            var count = (long)exported[i + 1];
            result._counts[(int)exported[i]] += count;
            result.Count += count;
        }

        return result;
    }

    private void Record(long nanoseconds, long count)
    {
        var value = Math.Clamp(nanoseconds, 0, Highest);
        _counts[BucketOf(value)] += count;
        Count += count;
        Sum += (double)value * count;
        if (value > Max)
        {
            Max = value;
        }
    }

    private static int BucketOf(long value)
    {
        if (value < 2 * BucketsPerDoubling)
        {
            return (int)value;
        }

        var shift = BitOperations.Log2((ulong)value) - BitsPerDoubling;
        return (shift * BucketsPerDoubling) + (int)(value >> shift);
    }

    private static long HighestOf(int bucket)
    {
        if (bucket < 2 * BucketsPerDoubling)
        {
            return bucket;
        }

        var shift = (bucket / BucketsPerDoubling) - 1;
        return ((long)(bucket - (shift * BucketsPerDoubling)) << shift) + (1L << shift) - 1;
    }
}

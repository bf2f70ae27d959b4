using BenchmarkDotNet.Attributes;
using Frontier.Protocol;

namespace Frontier.Benchmarks;

/// <summary>The members of a frame that the gateway rewrites: the edge id in <c>custom</c>, and times.</summary>
public class FieldBenchmarks
{
    private const ulong EdgeId = 0x6b03_993b_b936_f75a;
    private const int Operations = 16;

    private readonly byte[] _custom = Base64Text.Encode(new byte[10]); // One byte in the last group, so that it has to be decoded.
    private readonly byte[] _customWithId = Base64Text.Encode([.. new byte[10], .. FrameTemplates.Id(EdgeId)]);
    private readonly byte[] _timeText = "2026-11-23T01:39:17.204216246Z"u8.ToArray();
    private readonly byte[] _output = new byte[GoTime.MaxLength];
    private GoTime _time;

    [GlobalSetup]
    public void SetUp() => _time = GoTime.TryParse(_timeText, out var time) ? time : throw new FormatException();

    /// <summary>Puts an edge id behind <c>custom</c>.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public int AppendId()
    {
        Span<byte> tail = stackalloc byte[Base64Text.MaxTailLength];
        var sum = 0;
        for (var i = 0; i < Operations; i++)
        {
            sum += Base64Text.AppendId(_custom, EdgeId + (ulong)i, tail, out var keep) + keep;
        }

        return sum;
    }

    /// <summary>Takes an edge id off the end of <c>custom</c>.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong TryCutId()
    {
        Span<byte> tail = stackalloc byte[Base64Text.MaxTailLength];
        var sum = 0UL;
        for (var i = 0; i < Operations; i++)
        {
            Base64Text.TryCutId(_customWithId, tail, out var id, out _, out _);
            sum += id;
        }

        return sum;
    }

    /// <summary>Reads a time with nanoseconds.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public long ParseTime()
    {
        var sum = 0L;
        for (var i = 0; i < Operations; i++)
        {
            sum += GoTime.TryParse(_timeText, out var time) ? time.UtcTicks : 0;
        }

        return sum;
    }

    /// <summary>Writes a time with nanoseconds, its length asked for first.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public int FormatTime()
    {
        var sum = 0;
        for (var i = 0; i < Operations; i++)
        {
            sum += _time.Length + _time.Format(_output);
        }

        return sum;
    }
}

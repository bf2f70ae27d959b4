using System.Buffers;

namespace Frontier.Protocol.Tests.Support;

/// <summary>Sequences of several segments, as a reader sees bytes that came in pieces.</summary>
internal sealed class Segments : ReadOnlySequenceSegment<byte>
{
    private Segments(ReadOnlyMemory<byte> memory) => Memory = memory;

    /// <summary>Cuts the bytes at the given places; places out of order or twice make empty segments, which readers must live with.</summary>
    public static ReadOnlySequence<byte> Cut(byte[] bytes, params int[] cuts)
    {
        var first = new Segments(ReadOnlyMemory<byte>.Empty);
        var last = first;
        var from = 0;
        foreach (var cut in cuts.Select(cut => Math.Clamp(cut, 0, bytes.Length)).Append(bytes.Length))
        {
            var to = Math.Max(cut, from);
            last = last.Append(bytes.AsMemory(from, to - from));
            from = to;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    public static ReadOnlySequence<byte> OneByteEach(byte[] bytes) => Cut(bytes, [.. Enumerable.Range(1, Math.Max(0, bytes.Length - 1))]);

    private Segments Append(ReadOnlyMemory<byte> memory)
    {
        var next = new Segments(memory) { RunningIndex = RunningIndex + Memory.Length };
        Next = next;
        return next;
    }
}

using System.Buffers;
using BenchmarkDotNet.Attributes;
using Frontier.Protocol;

namespace Frontier.Benchmarks;

/// <summary>What reading and writing one frame costs, from its header to the members that routing needs.</summary>
public class FrameBenchmarks
{
    // What Kestrel reads into: a frame that is longer comes in several pieces.
    private const int SegmentBytes = 4096;

    private readonly FrameCodec _codec = new();
    private ReadOnlySequence<byte> _request;
    private ReadOnlySequence<byte> _response;
    private ReadOnlySequence<byte> _splitRequest;
    private byte[] _requestBody = [];
    private byte[] _output = [];

    [Params(128, 16 * 1024)]
    public int PayloadBytes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var request = RecordedFrames.Request(PayloadBytes);
        _request = new ReadOnlySequence<byte>(request);
        _response = new ReadOnlySequence<byte>(RecordedFrames.Response(PayloadBytes));
        // A small frame is cut, too: in its header and in its body, as at the end of a buffer.
        _splitRequest = Segment.Split(request, PayloadBytes < SegmentBytes ? request.Length / 3 : SegmentBytes);
        _requestBody = request[Frame.HeaderLength..];
        _output = new byte[request.Length + 256];
    }

    /// <summary>A Go edge's call.</summary>
    [Benchmark]
    public int ParseRequest() => Parse(_request);

    /// <summary>A Go service's answer.</summary>
    [Benchmark]
    public int ParseResponse() => Parse(_response);

    /// <summary>A call that is spread over several read buffers: put together first, as a connection does it.</summary>
    [Benchmark]
    public int ParseSplitRequest() => Parse(_splitRequest);

    /// <summary>A call as it goes on to a service: the edge's id behind <c>custom</c>, a deadline of the gateway's.</summary>
    [Benchmark]
    public int WriteForwardedRequest()
    {
        Span<byte> tail = stackalloc byte[Base64Text.MaxTailLength];
        var body = MessageBody.Parse(_requestBody);
        scoped MessageBody forwarded = body;
        forwarded.AppendId(0x6b03_993b_b936_f75a, tail);
        forwarded.Deadline = body.ContextDeadline;
        var length = forwarded.GetLength();
        forwarded.Write(FrameCodec.WriteHeader(_output, FrameType.Request, 0x6b03_993b_0000_0002, length));
        return length;
    }

    private int Parse(in ReadOnlySequence<byte> input)
    {
        SequencePosition consumed = default, examined = default;
        if (!_codec.TryParseMessage(input, ref consumed, ref examined, out var frame))
        {
            throw new InvalidOperationException("the frame is not whole");
        }

        if (frame.Body.IsSingleSegment)
        {
            return MessageBody.Parse(frame.Body.FirstSpan).Value.Length;
        }

        var length = (int)frame.Body.Length;
        var contiguous = ArrayPool<byte>.Shared.Rent(length);
        frame.Body.CopyTo(contiguous);
        var value = MessageBody.Parse(contiguous.AsSpan(0, length)).Value.Length;
        ArrayPool<byte>.Shared.Return(contiguous);
        return value;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public static ReadOnlySequence<byte> Split(byte[] bytes, int segmentBytes)
        {
            var first = new Segment { Memory = bytes.AsMemory(0, Frame.HeaderLength / 2) };
            var last = first;
            for (var at = first.Memory.Length; at < bytes.Length; at += last.Memory.Length)
            {
                var next = new Segment { Memory = bytes.AsMemory(at, Math.Min(segmentBytes, bytes.Length - at)), RunningIndex = at };
                last.Next = next;
                last = next;
            }

            return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
        }
    }
}

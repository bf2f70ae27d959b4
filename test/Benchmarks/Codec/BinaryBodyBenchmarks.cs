using BenchmarkDotNet.Attributes;
using Frontier.Protocol;

namespace Frontier.Benchmarks;

/// <summary>
/// What a call costs on its way through the gateway by the form of its two ends: read, the edge's id behind <c>custom</c>, a deadline, written.
/// </summary>
public class BinaryBodyBenchmarks
{
    private byte[] _text = [];
    private byte[] _binary = [];
    private byte[] _output = [];

    [Params(128, 16 * 1024)]
    public int PayloadBytes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _text = RecordedFrames.Request(PayloadBytes)[Frame.HeaderLength..];
        var body = MessageBody.Parse(_text);
        _binary = new byte[body.GetLength(PeerFeatures.BinaryBodies)];
        body.Write(_binary, PeerFeatures.BinaryBodies);
        _output = new byte[_text.Length + 256];
    }

    /// <summary>Between two plain ends.</summary>
    [Benchmark(Baseline = true)]
    public int TextToText() => Forward(_text, PeerFeatures.None);

    /// <summary>Between two binary ends.</summary>
    [Benchmark]
    public int BinaryToBinary() => Forward(_binary, PeerFeatures.BinaryBodies);

    /// <summary>From a plain end to a binary one.</summary>
    [Benchmark]
    public int TextToBinary() => Forward(_text, PeerFeatures.BinaryBodies);

    /// <summary>From a binary end to a plain one.</summary>
    [Benchmark]
    public int BinaryToText() => Forward(_binary, PeerFeatures.None);

    private int Forward(byte[] received, PeerFeatures receiver)
    {
        Span<byte> tail = stackalloc byte[Base64Text.MaxTailLength];
        scoped var body = MessageBody.Parse(received);
        body.AppendId(0x6b03_993b_b936_f75a, tail);
        body.Deadline = body.ContextDeadline;
        var length = body.GetLength(receiver);
        body.Write(FrameCodec.WriteHeader(_output, FrameType.Request, 0x6b03_993b_0000_0002, length), receiver);
        return length;
    }
}

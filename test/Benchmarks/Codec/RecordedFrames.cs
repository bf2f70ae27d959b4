using Frontier.Protocol;
using Frontier.Vectors;

namespace Frontier.Benchmarks;

/// <summary>Frames that the Go SDK wrote, with a payload of the wanted size put in the place of theirs.</summary>
internal static class RecordedFrames
{
    /// <summary>An edge's call.</summary>
    public static byte[] Request(int payloadBytes) => WithPayload("edge_call_echo", "request", payloadBytes);

    /// <summary>A service's answer.</summary>
    public static byte[] Response(int payloadBytes) => WithPayload("edge_call_echo", "response", payloadBytes);

    private static byte[] WithPayload(string scenario, string type, int payloadBytes)
    {
        var frame = RecordedConversation.Load(scenario).Packets.First(packet => packet.FromPeer && packet.Type == type).Bytes;
        var body = MessageBody.Parse(frame.AsSpan(Frame.HeaderLength));
        var payload = new byte[payloadBytes];
        new Random(payloadBytes).NextBytes(payload);
        body.Value = Base64Text.Encode(payload);
        var result = new byte[Frame.HeaderLength + body.GetLength()];
        frame.AsSpan(0, Frame.HeaderLength).CopyTo(result);
        FrameCodec.WriteHeader(result, (FrameType)frame[1], 0x6b03_993b_0000_0001, body.GetLength());
        body.Write(result.AsSpan(Frame.HeaderLength));
        return result;
    }
}

using System.Buffers.Binary;
using Frontier.Protocol;
using Frontier.Vectors;

namespace Frontier.Fuzz;

/// <summary>What fuzzing starts from: every distinct kind of frame in the recordings, and what each recorded peer sent, from Conn to the end.</summary>
public static class Corpus
{
    private const int LargestFrame = 4096;
    private const int LargestEntry = 16 * 1024;

    public static IReadOnlyList<byte[]> Build()
    {
        var entries = new List<byte[]>();
        var shapes = new HashSet<string>();
        foreach (var conversation in RecordedConversation.Names.Select(RecordedConversation.Load))
        {
            foreach (var packet in conversation.Packets.Where(packet => packet.Bytes.Length <= LargestFrame))
            {
                // Frames of one type that differ only in their ids and in how long a member is teach a fuzzer nothing new.
                var body = packet.Bytes.AsSpan(Frame.HeaderLength);
                var shape = $"{packet.Bytes[1]} {string.Join(' ', Members(body))}";
                if (shapes.Add(shape))
                {
                    entries.Add([0, .. packet.Bytes]);
                }
            }

            foreach (var peer in conversation.Packets.Where(packet => packet.FromPeer && packet.Bytes.Length <= LargestFrame).GroupBy(packet => packet.ConnectionId))
            {
                var bytes = peer.SelectMany(packet => packet.Bytes).Take(LargestEntry).ToArray();
                entries.Add([(byte)(entries.Count % 7), .. bytes]);
                entries.Add([(byte)(entries.Count % 7), .. peer.SelectMany(packet => Extended(packet.Bytes)).Take(LargestEntry)]);
            }
        }

        return entries;
    }

    /// <summary>Where the frames of an entry begin, as far as its lengths make sense.</summary>
    public static List<int> FrameStarts(ReadOnlySpan<byte> entry)
    {
        var starts = new List<int>();
        for (var at = 1; at + Frame.HeaderLength <= entry.Length;)
        {
            starts.Add(at);
            var length = BinaryPrimitives.ReadUInt32BigEndian(entry[(at + 10)..]);
            if (length > entry.Length)
            {
                break;
            }

            at += Frame.HeaderLength + (int)length;
        }

        return starts;
    }

    // The frame as a peer with all features would have sent it.
    private static byte[] Extended(byte[] frame)
    {
        var body = frame.AsSpan(Frame.HeaderLength);
        byte[] written;
        switch ((FrameType)frame[1])
        {
            case FrameType.Conn:
                var conn = ConnBody.ParseConn(body);
                conn.Features = PeerFeatures.All;
                written = new byte[conn.GetConnLength()];
                conn.WriteConn(written);
                break;
            case FrameType.Message or FrameType.MessageAck or FrameType.Request or FrameType.Response:
                var message = MessageBody.Parse(body);
                message.ErrorCode = message.Error.IsEmpty ? null : 0;
                written = new byte[message.GetLength(PeerFeatures.All)];
                message.Write(written, PeerFeatures.All);
                break;
            default:
                return frame;
        }

        byte[] result = [.. frame.AsSpan(0, Frame.HeaderLength), .. written];
        BinaryPrimitives.WriteUInt32BigEndian(result.AsSpan(10), (uint)written.Length);
        return result;
    }

    private static List<string> Members(ReadOnlySpan<byte> body)
    {
        var names = new List<string>();
        for (var at = body.IndexOf((byte)'{'); at >= 0 && at < body.Length; at++)
        {
            if (body[at] == '"' && at > 0 && body[at - 1] is (byte)'{' or (byte)',')
            {
                var name = body[(at + 1)..];
                var end = name.IndexOf((byte)'"');
                names.Add(end < 0 ? "" : System.Text.Encoding.UTF8.GetString(name[..end]));
            }
        }

        return names;
    }
}

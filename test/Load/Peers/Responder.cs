using System.Buffers.Binary;
using Frontier.Protocol;

namespace Frontier.Load;

/// <summary>
/// The other side of the load: answers each request with its own payload, acknowledges each message whose payload is right, accepts streams, and echoes
/// or checks their bytes. Requests of the tool's own form are answered by copying; any other form takes the parser.
/// </summary>
internal sealed class Responder(Content content, StreamUse streams, ErrorCounts errors)
{
    private static readonly byte[] AckBody = CreateAck(PeerFeatures.None);

    private static readonly byte[] BinaryAckBody = CreateAck(PeerFeatures.BinaryBodies);

    // What follows the payload in an answer without custom and error: the same for all.
    private static readonly byte[] Tail = [.. "\","u8, .. AckBody.AsSpan(sizeof(ulong) + 1)];

    private readonly byte[] _head = [.. "{\"key\":\""u8, .. content.MethodText, .. "\",\"value\":\""u8];

    /// <summary>Bytes of streams that arrived.</summary>
    public long StreamBytes { get; private set; }

    /// <summary>Answers a request with its own payload.</summary>
    public void Answer(Peer peer, ulong packetId, ReadOnlySpan<byte> body)
    {
        if (body.Length > sizeof(ulong) && body[sizeof(ulong)..].StartsWith(_head))
        {
            var value = body[(sizeof(ulong) + _head.Length)..];
            var length = value.IndexOf((byte)'"');
            if (length >= 0)
            {
                var answer = peer.ReserveFrame(FrameType.Response, packetId, sizeof(ulong) + _head.Length + length + Tail.Length);
                body[..(sizeof(ulong) + _head.Length + length)].CopyTo(answer);
                Tail.CopyTo(answer[(sizeof(ulong) + _head.Length + length)..]);
                return;
            }
        }

        AnswerParsed(peer, packetId, body);
    }

    /// <summary>Acknowledges a message.</summary>
    public void Acknowledge(Peer peer, ulong packetId, ReadOnlySpan<byte> body)
    {
        if (body.Length < sizeof(ulong) || !content.HasPayload(body))
        {
            errors.Add("wrong payload in a message");
        }

        var form = peer.IsBinary ? BinaryAckBody : AckBody;
        var ack = peer.ReserveFrame(FrameType.MessageAck, packetId, form.Length);
        form.CopyTo(ack);
        body[..sizeof(ulong)].CopyTo(ack);
    }

    /// <summary>Accepts a stream.</summary>
    public void Open(Peer peer, ulong packetId, ReadOnlySpan<byte> body)
    {
        if (body.Length < 10)
        {
            return;
        }

        var id = BinaryPrimitives.ReadUInt64BigEndian(body[2..]);
        if (streams == StreamUse.Check)
        {
            (peer.Streams ??= [])[id] = new StreamCheck(content.Payload);
        }

        var ack = new SessionBody { NegotiateId = id, SessionId = id };
        ack.WriteSessionAck(peer.ReserveFrame(FrameType.SessionAck, packetId, ack.GetSessionAckLength()));
    }

    /// <summary>Takes bytes of a stream.</summary>
    public void Take(Peer peer, ulong sessionId, ReadOnlySpan<byte> data)
    {
        StreamBytes += data.Length;
        if (streams == StreamUse.Echo)
        {
            var frame = peer.ReserveFrame(FrameType.Stream, peer.NextId(), sizeof(ulong) + data.Length);
            BinaryPrimitives.WriteUInt64BigEndian(frame, sessionId);
            data.CopyTo(frame[sizeof(ulong)..]);
        }
        else if (peer.Streams?.GetValueOrDefault(sessionId) is not { } check)
        {
            errors.Add("bytes of an unknown stream");
        }
        else if (!check.IsBroken && !check.Take(data))
        {
            errors.Add("wrong stream bytes");
        }
    }

    private static byte[] CreateAck(PeerFeatures form)
    {
        var body = new MessageBody { SessionId = 1 };
        var bytes = new byte[body.GetLength(form)];
        body.Write(bytes, form);
        return bytes;
    }

    private void AnswerParsed(Peer peer, ulong packetId, ReadOnlySpan<byte> body)
    {
        try
        {
            var request = MessageBody.Parse(body);
            var answer = new MessageBody { SessionId = request.SessionId, IsBinary = request.IsBinary, Key = request.TextKey, Value = request.Value };
            var form = peer.IsBinary ? PeerFeatures.BinaryBodies : PeerFeatures.None;
            answer.Write(peer.ReserveFrame(FrameType.Response, packetId, answer.GetLength(form)), form);
        }
        catch (ProtocolViolationException)
        {
            errors.Add("broken request");
        }
    }
}

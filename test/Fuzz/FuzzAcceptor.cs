using System.Buffers;
using System.IO.Pipelines;
using Frontier.Protocol;

namespace Frontier.Fuzz;

/// <summary>The least a gateway does: lets everybody in, answers every request, agrees to every second session and echoes its bytes.</summary>
internal sealed class FuzzAcceptor(IDuplexPipe transport, ConnectionOptions options, TimerWheel wheel)
    : GeminioConnection(transport, ConnectionRole.Acceptor, options, wheel), IReplySink
{
    private readonly Queue<(FrameType Type, ulong PacketId)> _unanswered = [];

    public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
    {
        if (type == FrameType.SessionAck)
        {
            AddSession(SessionBody.ParseSessionAck(body).SessionId, this);
        }
        else
        {
            _ = MessageBody.Parse(body);
        }
    }

    public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss)
    {
    }

    protected override void OnConn(in ConnBody conn)
    {
        if (conn.Error.IsEmpty)
        {
            Accept(conn.ClientId);
        }
        else
        {
            Refuse(conn.ClientId, JsonText.Decode(conn.Error, conn.ErrorEscaped));
        }
    }

    protected override void OnRequest(FrameType type, ulong packetId, StreamSession? session, in MessageBody body)
    {
        if (!TryTake(packetId, null))
        {
            Reject(type, packetId, body.SessionId, body.TextKey, "too many in flight"u8);
            return;
        }

        _unanswered.Enqueue((AnswerTo(type), packetId));
        if (_unanswered.Count > 2)
        {
            var (answerType, answered) = _unanswered.Dequeue();
            Answer(answerType, answered, new MessageBody { SessionId = body.SessionId, IsBinary = body.IsBinary, Key = body.Key, Value = body.Value, Custom = body.Custom });
        }

        if (body.Topic.IsEmpty)
        {
            // Asks back what it was asked, so that answers of the peer find something that awaits them.
            TrySend(
                type,
                new MessageBody { SessionId = body.SessionId, IsBinary = body.IsBinary, Key = body.Key, Value = body.Value, Topic = body.Error },
                new PendingReply { Sink = this, Deadline = long.MaxValue });
        }
    }

    protected override void OnRegister(ulong packetId, ulong sessionId, ReadOnlySpan<byte> method) => AnswerRegister(packetId, sessionId);

    protected override void OnSessionOpen(StreamSession session, ulong packetId, in SessionBody body)
    {
        if ((session.Id & 2) != 0)
        {
            RefuseSession(session, packetId, "no such service"u8);
            return;
        }

        session.Owner = this;
        AcceptSession(session, packetId);
    }

    protected override bool OnStream(StreamSession session, in ReadOnlySequence<byte> data)
    {
        SendStream(session, data);
        return true;
    }

    protected override void OnSessionFinished(StreamSession session) => Dismiss(session);

    protected override void AbortTransport()
    {
        // There is no socket: the input is fed to its end in any case, and the output takes everything.
    }
}

using System.Text;
using Frontier.Protocol;

namespace Frontier.Client.Tests;

/// <summary>An answer, as the gateway end of a test sees it.</summary>
internal sealed record Reply(byte[] Payload, byte[] Custom, string Error, ulong SessionId);

/// <summary>Awaits one answer of a client.</summary>
internal sealed class ReplyTask(Func<ulong, GatewayStream>? ownerOfSession = null) : IReplySink
{
    private readonly TaskCompletionSource<Reply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Reply> Task => _reply.Task;

    public PendingReply ToPending() => new() { Sink = this, OriginPacketId = 1, Deadline = Environment.TickCount64 + (long)Soon.Limit.TotalMilliseconds };

    public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case FrameType.SessionAck:
                var ack = SessionBody.ParseSessionAck(body);
                var stream = ownerOfSession!(ack.SessionId);
                stream.Attach(source.AddSession(ack.SessionId, stream));
                _reply.SetResult(new Reply([], [], Encoding.UTF8.GetString(ack.Error), ack.SessionId));
                break;
            case FrameType.RegisterAck:
                var registered = SessionBody.ParseDismiss(body);
                _reply.SetResult(new Reply([], [], Encoding.UTF8.GetString(registered.Error), registered.SessionId));
                break;
            default:
                var reply = MessageBody.Parse(body);
                _reply.SetResult(new Reply(
                    reply.DecodeValue(), reply.DecodeCustom(), JsonText.Decode(reply.Error, reply.ErrorEscaped), reply.SessionId));
                break;
        }
    }

    public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss) =>
        _reply.SetException(new InvalidOperationException($"The answer was lost: {loss}"));
}

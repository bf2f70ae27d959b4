using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>A Request or Message that waits for the way to its edge, and holds room for its bytes until it is sent on.</summary>
/// <param name="sender">The service that it came from, which has taken it.</param>
/// <param name="type">Request or Message.</param>
/// <param name="packetId">The id it came with.</param>
/// <param name="body">The body as it goes on, encoded.</param>
/// <param name="due">When its sender stops waiting, on the <see cref="Environment.TickCount64"/> clock in milliseconds.</param>
/// <param name="isCallersLimit">Whether the sender said so, and not this gateway.</param>
/// <param name="isRetry">Whether it was brought back before.</param>
internal sealed class WaitingFrame(ServiceSession sender, FrameType type, ulong packetId, byte[] body, long due, bool isCallersLimit, bool isRetry)
{
    /// <summary>Request or Message.</summary>
    public FrameType Type => type;

    /// <summary>The id it came with.</summary>
    public ulong PacketId => packetId;

    /// <summary>The method's name in base64, for the answer; see <see cref="MessageBody.TextKey"/>.</summary>
    public ReadOnlySpan<byte> Key => MessageBody.Parse(body).TextKey;

    /// <summary>Bytes that wait.</summary>
    public int Length => body.Length;

    /// <summary>Sends it on its way.</summary>
    /// <param name="target">The trunk to the edge, or its session; null when it is not online.</param>
    public void SendOn(ForwardingConnection? target)
    {
        sender.ReleaseWaiting(body.Length);
        var frame = MessageBody.Parse(body);
        (frame.Due, frame.IsCallersLimit) = (due, isCallersLimit);
        sender.SendOn(type, packetId, frame, target, isRetry);
    }
}

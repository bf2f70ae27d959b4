using System.Buffers.Binary;

namespace Frontier.Protocol;

public abstract partial class GeminioConnection
{
    /// <summary>The longest token of a Move frame, in bytes.</summary>
    public const int MaxMoveTokenBytes = 256;

    /// <summary>Asks the peer to go to another gateway. False when it cannot be asked: it does not know how, or the connection is not open.</summary>
    /// <param name="patience">How long the peer has to get there and to finish here.</param>
    /// <param name="token">What the peer is to show the other gateway; see <see cref="ConnBody.MoveToken"/>.</param>
    protected bool TryAskToMove(TimeSpan patience, ReadOnlySpan<byte> token)
    {
        lock (_gate)
        {
            if (_state != State.Open || _writeClosed || (PeerFeatures & PeerFeatures.Move) == 0)
            {
                return false;
            }

            var output = Begin(FrameType.Move, NextPacketId(), sizeof(uint) + token.Length);
            BinaryPrimitives.WriteUInt32BigEndian(output, (uint)Math.Clamp(patience.TotalMilliseconds, 0, uint.MaxValue));
            token.CopyTo(output[sizeof(uint)..]);
        }

        Flush();
        return true;
    }

    /// <summary>Dialer: the gateway is leaving and asks this end to go to another one.</summary>
    /// <param name="patience">How long the gateway waits before it closes the connection.</param>
    /// <param name="token">What to show the other gateway; valid until the method returns.</param>
    protected virtual void OnMove(TimeSpan patience, ReadOnlySpan<byte> token)
    {
    }

    private void HandleMove(ReadOnlySpan<byte> body)
    {
        if (Role != ConnectionRole.Dialer || (PeerFeatures & PeerFeatures.Move) == 0)
        {
            ProtocolViolationException.Throw(DisconnectReason.UnknownFrameType, "a move that was not agreed on");
        }

        if (body.Length is < sizeof(uint) or > sizeof(uint) + MaxMoveTokenBytes)
        {
            ProtocolViolationException.Throw(DisconnectReason.TruncatedBody, $"a move of {body.Length} bytes");
        }

        OnMove(TimeSpan.FromMilliseconds(BinaryPrimitives.ReadUInt32BigEndian(body)), body[sizeof(uint)..]);
    }
}

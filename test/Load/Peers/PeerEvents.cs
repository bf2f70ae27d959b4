using Frontier.Protocol;

namespace Frontier.Load;

/// <summary>What happens on a connection that somebody waits for. All calls are on the loop's thread.</summary>
internal abstract class PeerEvents
{
    /// <summary>The login was accepted.</summary>
    public virtual void Online(Peer peer)
    {
    }

    /// <summary>An answer arrived, or the other end closed a stream.</summary>
    /// <param name="peer">Where.</param>
    /// <param name="type">Response, MessageAck, RegisterAck, SessionAck or Dismiss.</param>
    /// <param name="packetId">The id of what is answered.</param>
    /// <param name="body">The body; valid during the call.</param>
    public virtual void Answered(Peer peer, FrameType type, ulong packetId, ReadOnlySpan<byte> body)
    {
    }

    /// <summary>Bytes of a stream that this end opened.</summary>
    public virtual void Streamed(Peer peer, ulong sessionId, ReadOnlySpan<byte> data)
    {
    }

    /// <summary>Everything written was sent. Only for peers that ask for it.</summary>
    public virtual void Drained(Peer peer)
    {
    }

    /// <summary>The connection is over without <see cref="Peer.Leave"/>, or was never made.</summary>
    /// <param name="peer">Which.</param>
    /// <param name="reason">Why, as a kind of error.</param>
    public virtual void Lost(Peer peer, string reason)
    {
    }

    /// <summary>The closing handshake that <see cref="Peer.Leave"/> began is done.</summary>
    public virtual void Left(Peer peer)
    {
    }
}

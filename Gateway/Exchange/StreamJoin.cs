using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>A stream through the gateway: the session it was opened on and the session it was passed on to.</summary>
/// <param name="opener">The session on the opener's connection.</param>
/// <param name="acceptor">The session on the acceptor's connection.</param>
internal sealed class StreamJoin(StreamSession opener, StreamSession acceptor)
{
    /// <summary>The far end.</summary>
    public StreamSession Other(StreamSession session) => session == opener ? acceptor : opener;
}

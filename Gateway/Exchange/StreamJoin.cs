using System.Buffers;
using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>A stream through the gateway: the session it was opened on and the session it was passed on to, and what is on its way between them.</summary>
/// <param name="opener">The session on the opener's connection.</param>
/// <param name="acceptor">The session on the acceptor's connection.</param>
internal sealed class StreamJoin(StreamSession opener, StreamSession acceptor)
{
    private readonly StreamRelay _toAcceptor = new(opener, acceptor);
    private readonly StreamRelay _toOpener = new(acceptor, opener);

    /// <summary>The far end.</summary>
    public StreamSession Other(StreamSession session) => session == opener ? acceptor : opener;

    /// <summary>Passes raw bytes on to the far end.</summary>
    /// <param name="from">The session they came on.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="blocked">When the far end takes none now: completes when to offer the same bytes again.</param>
    public bool TryRelay(StreamSession from, in ReadOnlySequence<byte> data, out Task blocked) => RelayFrom(from).TrySend(data, out blocked);

    /// <summary>
    /// Looks how a session stands. When its peer sends nothing more, the far end is told, behind everything that was sent; when its peer takes nothing more, the far
    /// end is told, and what still comes from there is dropped. May be called more than once.
    /// </summary>
    public void Settle(StreamSession session)
    {
        if (session.IsFinished)
        {
            RelayFrom(session).End(session.EndedInOrder ? StreamEnding.InOrder : session.IsCut ? StreamEnding.Cut : StreamEnding.Aborted);
        }

        if (session.IsCut || session.IsStopped)
        {
            RelayFrom(Other(session)).Stop(session.IsCut || session.IsStoppedByCut);
        }
    }

    private StreamRelay RelayFrom(StreamSession from) => from == opener ? _toAcceptor : _toOpener;
}

namespace Frontier.Client;

/// <summary>Why a stream ended before its time.</summary>
public enum StreamAbortReason
{
    /// <summary>A connection on the stream's way is lost: this end's, the other end's, or one between gateways. Both directions have ended.</summary>
    ConnectionLost,

    /// <summary>
    /// The other end gave its half up: it disposed the stream without <see cref="FrontierStream.CompleteWritesAsync"/>, or completed its
    /// <see cref="FrontierStream.Output"/> with an exception. What was read is not all.
    /// </summary>
    WriterAborted,

    /// <summary>The other end does not read any more: it disposed the stream, or completed its <see cref="FrontierStream.Input"/>.</summary>
    ReaderLeft,
}

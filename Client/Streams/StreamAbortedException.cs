namespace Frontier.Client;

/// <summary>
/// Reading or writing failed because a stream did not come to its end but was aborted. Its inner exception is a <see cref="FrontierException"/> with
/// <see cref="FrontierErrorCode.ConnectionLost"/>.
/// </summary>
public sealed class StreamAbortedException : IOException
{
    /// <summary>Creates the error.</summary>
    /// <param name="reason">Why the stream ended.</param>
    public StreamAbortedException(StreamAbortReason reason)
        : base(Describe(reason), new FrontierException(FrontierErrorCode.ConnectionLost)) => Reason = reason;

    /// <summary>Why the stream ended.</summary>
    public StreamAbortReason Reason { get; }

    private static string Describe(StreamAbortReason reason) => reason switch
    {
        StreamAbortReason.WriterAborted => "The other end aborted the stream: what was read is not all.",
        StreamAbortReason.ReaderLeft => "The other end of the stream has stopped reading.",
        _ => "The stream was cut: a connection on its way is lost.",
    };
}

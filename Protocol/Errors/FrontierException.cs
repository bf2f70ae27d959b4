namespace Frontier;

/// <summary>An operation through Frontier failed, with a code that programs can act on and the peer's own text.</summary>
public sealed class FrontierException : Exception
{
    /// <summary>Creates the error for a code with the text that peers use for it.</summary>
    public FrontierException(FrontierErrorCode code)
        : this(code, FrontierErrorText.FromCode(code) ?? code.ToString())
    {
    }

    /// <summary>Creates the error for a code with a text of its own.</summary>
    public FrontierException(FrontierErrorCode code, string message)
        : base(message) => Code = code;

    /// <summary>Creates the error for a code with a text of its own and what caused it.</summary>
    public FrontierException(FrontierErrorCode code, string message, Exception? innerException)
        : base(message, innerException) => Code = code;

    /// <summary>Creates the error for a code with a text of its own and the text that the other end sent.</summary>
    public FrontierException(FrontierErrorCode code, string message, string? peerText)
        : base(message) => (Code, PeerText) = (code, peerText);

    /// <summary>What went wrong.</summary>
    public FrontierErrorCode Code { get; }

    /// <summary>What the other end, or the gateway, said in so many words; null when the error was found on this side.</summary>
    public string? PeerText { get; }

    /// <summary>True when the same operation may succeed on a later try without anyone changing anything.</summary>
    public bool IsRetryable => Code.IsRetryable();

    /// <summary>The error for a number and a text that came over the wire. A number that this version does not know counts as <see cref="FrontierErrorCode.Unknown"/>.</summary>
    /// <param name="code">The number; null when the sender did not say, in which case the text tells.</param>
    /// <param name="text">The text.</param>
    public static FrontierException FromWire(int? code, string text) =>
        code is not { } number ? FromText(text) : new(Enum.IsDefined((FrontierErrorCode)number) ? (FrontierErrorCode)number : FrontierErrorCode.Unknown, text, peerText: text);

    /// <summary>The error for a text that came over the wire.</summary>
    public static FrontierException FromText(string text) => new(FrontierErrorText.ToCode(text), text, peerText: text);
}

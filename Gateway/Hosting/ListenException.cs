namespace Frontier.Gateway;

/// <summary>A listener's address cannot be had. The message is one line that names the configuration key and the address.</summary>
public sealed class ListenException : IOException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">One line that names the configuration key and the address.</param>
    /// <param name="innerException">What the socket said.</param>
    public ListenException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

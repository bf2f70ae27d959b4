using System.Globalization;

namespace Frontier.Queues;

/// <summary>A server's address with what else an address of the original may carry: <c>scheme://user:password@host:port</c>, all but the host optional.</summary>
/// <param name="Host">The host.</param>
/// <param name="Port">The port.</param>
/// <param name="Username">The user; empty for none.</param>
/// <param name="Password">The password; empty for none.</param>
public sealed record QueueAddress(string Host, int Port, string Username, string Password)
{
    /// <summary>Reads an address; null when the text is none.</summary>
    /// <param name="text">The address.</param>
    /// <param name="scheme">The scheme that it may have.</param>
    /// <param name="defaultPort">The port when none is given; 0 when one has to be.</param>
    public static QueueAddress? Parse(string text, string scheme, int defaultPort)
    {
        ArgumentNullException.ThrowIfNull(text);
        var uri = text.Contains("://", StringComparison.Ordinal) ? text : $"{scheme}://{text}";
        if (!Uri.TryCreate(uri, UriKind.Absolute, out var parsed)
            || !parsed.Scheme.Equals(scheme, StringComparison.OrdinalIgnoreCase)
            || parsed.HostNameType == UriHostNameType.Unknown
            || parsed.Host.Length == 0
            || parsed.PathAndQuery.Length > 1)
        {
            return null;
        }

        var port = parsed.Port > 0 ? parsed.Port : defaultPort;
        var user = parsed.UserInfo.Split(':', 2);
        return port == 0
            ? null
            : new QueueAddress(parsed.DnsSafeHost, port, Uri.UnescapeDataString(user[0]), user.Length > 1 ? Uri.UnescapeDataString(user[1]) : "");
    }

    /// <summary>Host and port, for people: never the password.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}

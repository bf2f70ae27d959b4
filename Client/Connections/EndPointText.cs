using System.Globalization;
using System.Net;

namespace Frontier.Client;

/// <summary>Addresses as people write them: <c>HOST:PORT</c>, <c>[IPV6]:PORT</c>, or without the port.</summary>
internal static class EndPointText
{
    /// <summary>Reads a list with commas between its addresses.</summary>
    /// <exception cref="FormatException">One is none; names it.</exception>
    public static IReadOnlyList<EndPoint> ParseList(string text, int defaultPort) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part => Parse(part, defaultPort))];

    /// <summary>Reads one address.</summary>
    /// <param name="text">The address.</param>
    /// <param name="defaultPort">The port where the text has none; 0 when it must have one.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static EndPoint Parse(string text, int defaultPort)
    {
        string host = text, port = "";
        if (text.StartsWith('[') && text.IndexOf(']', StringComparison.Ordinal) is > 0 and var end && (end == text.Length - 1 || text[end + 1] == ':'))
        {
            (host, port) = (text[1..end], end == text.Length - 1 ? "" : text[(end + 2)..]);
            if (!IPAddress.TryParse(host, out _) || !host.Contains(':', StringComparison.Ordinal))
            {
                throw Wrong(text);
            }
        }
        else if (text.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon)
        {
            if (text.LastIndexOf(':') != colon)
            {
                throw new FormatException($"\"{text}\" is not HOST:PORT: an IPv6 address stands in brackets, [ADDRESS]:PORT.");
            }

            (host, port) = (text[..colon], text[(colon + 1)..]);
        }

        var number = defaultPort;
        if ((port.Length > 0 || host.Length != text.Length)
            && !(port.Length == 0 && text.EndsWith(']'))
            && (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number > ushort.MaxValue))
        {
            throw Wrong(text);
        }

        return host.Length == 0 || number is 0
            ? throw Wrong(text)
            : IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, number) : new DnsEndPoint(host, number);
    }

    /// <summary>Writes an address as <see cref="Parse"/> reads it.</summary>
    public static string Format(EndPoint endPoint) => endPoint is DnsEndPoint name ? $"{name.Host}:{name.Port}" : endPoint.ToString() ?? "";

    private static FormatException Wrong(string text) => new($"\"{text}\" is not HOST:PORT.");
}

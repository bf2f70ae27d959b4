using System.Net;

namespace Frontier.Samples.DeviceConsole;

/// <summary>Addresses on the command line.</summary>
internal static class Address
{
    /// <summary>Reads <c>HOST:PORT</c>.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static EndPoint Parse(string text)
    {
        if (IPEndPoint.TryParse(text, out var address) && address.Port != 0)
        {
            return address;
        }

        var colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), out var port) && port != 0
            ? new DnsEndPoint(text[..colon], port)
            : throw new FormatException($"\"{text}\" is not HOST:PORT.");
    }
}

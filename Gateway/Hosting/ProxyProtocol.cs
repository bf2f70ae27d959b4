using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>
/// Takes the header with which a load balancer begins a connection, and gives the connection the address of the peer behind it. Versions 1 and 2 as
/// HAProxy describes them (doc/proxy-protocol.txt).
/// </summary>
internal sealed partial class ProxyProtocol(string listener, ProxyProtocolOptions options, TimeSpan timeout, ListenerMetrics metrics, ILogger logger)
{
    private const int MaxLengthV1 = 107;
    private const int HeaderLengthV2 = 16;

    // Room for any addresses, and for what balancers add to them: names, certificates' subjects, checksums.
    private const int MaxLengthV2 = 4096;

    private readonly IPNetwork[] _trusted =
        [.. options.Trusted.Select(text => ProxyProtocolOptions.TryParseNetwork(text, out var network) ? network : throw new FormatException(text))];

    private static ReadOnlySpan<byte> SignatureV1 => "PROXY "u8;

    private static ReadOnlySpan<byte> SignatureV2 => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Takes the header. False when the connection was cut: it comes from elsewhere, or does not begin with a header, or not in time.</summary>
    public async ValueTask<bool> TakeHeaderAsync(ConnectionContext connection, CancellationToken cancellationToken = default)
    {
        var source = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        source = source.IsIPv4MappedToIPv6 ? source.MapToIPv4() : source;
        if (!Array.Exists(_trusted, network => network.Contains(source)))
        {
            return Cut(connection, source, "proxy_untrusted");
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            var input = connection.Transport.Input;
            while (true)
            {
                var read = await input.ReadAsync(limit.Token);
                var result = Parse(read.Buffer, out var length, out var peer);
                if (result == ParseResult.Done)
                {
                    input.AdvanceTo(read.Buffer.GetPosition(length));
                    connection.RemoteEndPoint = peer ?? connection.RemoteEndPoint;
                    return true;
                }

                if (result == ParseResult.Malformed || read.IsCompleted)
                {
                    input.AdvanceTo(read.Buffer.Start);
                    return read.Buffer.IsEmpty ? Leave(connection) : Cut(connection, source, "proxy_malformed");
                }

                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (OperationCanceledException)
        {
            return connection.ConnectionClosed.IsCancellationRequested || cancellationToken.IsCancellationRequested ? Leave(connection) : Cut(connection, source, "proxy_timeout");
        }
        catch (IOException)
        {
            return Leave(connection);
        }
    }

    /// <summary>Reads a header.</summary>
    /// <param name="input">What the connection began with.</param>
    /// <param name="length">The header's length, when it is all there.</param>
    /// <param name="peer">The peer's address; null when the header says that it is the connection's own.</param>
    internal static ParseResult Parse(in ReadOnlySequence<byte> input, out int length, out IPEndPoint? peer)
    {
        length = 0;
        peer = null;
        Span<byte> header = stackalloc byte[MaxLengthV2];
        header = header[..(int)Math.Min(input.Length, MaxLengthV2)];
        input.Slice(0, header.Length).CopyTo(header);
        return header switch
        {
            [] => ParseResult.Incomplete,
            [(byte)'P', ..] => ParseV1(header, out length, out peer),
            _ => ParseV2(header, out length, out peer),
        };
    }

    // PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n
    private static ParseResult ParseV1(ReadOnlySpan<byte> header, out int length, out IPEndPoint? peer)
    {
        length = 0;
        peer = null;
        if (!SignatureV1[..Math.Min(header.Length, SignatureV1.Length)].SequenceEqual(header[..Math.Min(header.Length, SignatureV1.Length)]))
        {
            return ParseResult.Malformed;
        }

        var end = header[..Math.Min(header.Length, MaxLengthV1)].IndexOf("\r\n"u8);
        if (end < 0)
        {
            return header.Length < MaxLengthV1 ? ParseResult.Incomplete : ParseResult.Malformed;
        }

        length = end + 2;
        var words = Encoding.ASCII.GetString(header[..end]).Split(' ');
        if (words is ["PROXY", "UNKNOWN", ..])
        {
            return ParseResult.Done; // A check of the balancer's own: the address stays the connection's.
        }

        if (words is not ["PROXY", ("TCP4" or "TCP6") and var family, var from, var to, var port, var toPort]
            || !IPAddress.TryParse(from, out var address)
            || !IPAddress.TryParse(to, out _)
            || family is "TCP4" != (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)
            || !ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !ushort.TryParse(toPort, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            return ParseResult.Malformed;
        }

        peer = EndPointOf(address, number);
        return ParseResult.Done;
    }

    // Signature (12), version and command, family, length of the rest (2); then addresses and what else there is.
    private static ParseResult ParseV2(ReadOnlySpan<byte> header, out int length, out IPEndPoint? peer)
    {
        length = 0;
        peer = null;
        var known = Math.Min(header.Length, SignatureV2.Length);
        if (!SignatureV2[..known].SequenceEqual(header[..known]))
        {
            return ParseResult.Malformed;
        }

        if (header.Length < HeaderLengthV2)
        {
            return ParseResult.Incomplete;
        }

        length = HeaderLengthV2 + BinaryPrimitives.ReadUInt16BigEndian(header[14..]);
        if (header[12] is not (0x20 or 0x21) || length > MaxLengthV2)
        {
            return ParseResult.Malformed;
        }

        if (header.Length < length)
        {
            return ParseResult.Incomplete;
        }

        if (header[12] == 0x20)
        {
            return ParseResult.Done; // LOCAL: a check of the balancer's own.
        }

        var addresses = header[HeaderLengthV2..length];
        switch (header[13])
        {
            case 0x11 when addresses.Length >= 12: // TCP over IPv4: source, destination, ports.
                peer = EndPointOf(new IPAddress(addresses[..4]), BinaryPrimitives.ReadUInt16BigEndian(addresses[8..]));
                return ParseResult.Done;
            case 0x21 when addresses.Length >= 36: // TCP over IPv6.
                peer = EndPointOf(new IPAddress(addresses[..16]), BinaryPrimitives.ReadUInt16BigEndian(addresses[32..]));
                return ParseResult.Done;
            case 0x00:
                return ParseResult.Done; // Not an address of a kind that there is a form for.
            default:
                return ParseResult.Malformed;
        }
    }

    private static IPEndPoint EndPointOf(IPAddress address, int port) => new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);

    private static bool Leave(ConnectionContext connection)
    {
        connection.Abort();
        return false;
    }

    private bool Cut(ConnectionContext connection, IPAddress source, string reason)
    {
        metrics.Refused(listener, reason);
        Log.Refused(logger, source, listener, reason);
        return Leave(connection);
    }

    /// <summary>What a beginning of a connection is.</summary>
    internal enum ParseResult
    {
        /// <summary>More has to come.</summary>
        Incomplete,

        /// <summary>No header.</summary>
        Malformed,

        /// <summary>A header.</summary>
        Done,
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Rejected connection from {Source} on {Listener}: {Reason}")]
        public static partial void Refused(ILogger logger, IPAddress source, string listener, string reason);
    }
}

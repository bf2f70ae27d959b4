using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Frontier.Load;

/// <summary>The local addresses that edges connect from: each has about 28,000 ports towards one listener.</summary>
internal static class SourceAddresses
{
    // The gateway's default is 20,000 connections per source; half of it leaves room for what is still closing.
    private const int EdgesPerAddress = 10_000;

    private const int MaxAddresses = 65_536;

    /// <summary>Reads <c>127.0.0.2,127.0.1.1-127.0.1.8</c>.</summary>
    public static bool TryParse(string text, out IPAddress[] addresses)
    {
        var result = new List<IPAddress>();
        addresses = [];
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || !IPAddress.TryParse(ends[0], out var first) || !IPAddress.TryParse(ends[^1], out var last))
            {
                return false;
            }

            if (ends.Length == 1)
            {
                result.Add(first);
                continue;
            }

            if (first.AddressFamily != AddressFamily.InterNetwork || last.AddressFamily != AddressFamily.InterNetwork)
            {
                return false;
            }

            var from = NumberOf(first);
            var to = NumberOf(last);
            if (to < from || to - from >= MaxAddresses)
            {
                return false;
            }

            for (var number = from; number <= to; number++)
            {
                result.Add(FromNumber((uint)number));
            }
        }

        addresses = [.. result];
        return result.Count > 0;
    }

    /// <summary>What is needed when nothing is said: several addresses of loopback towards a server on loopback, else what the system chooses.</summary>
    /// <param name="target">The edges' listener.</param>
    /// <param name="edges">How many edges there are at once.</param>
    /// <param name="isChurn">Whether connections come and go, so that ports rest for a minute after each.</param>
    public static IPAddress[] Choose(IPAddress target, int edges, bool isChurn)
    {
        if (target.AddressFamily != AddressFamily.InterNetwork || !IPAddress.IsLoopback(target))
        {
            return [];
        }

        var count = (edges / EdgesPerAddress) + (isChurn ? 16 : 1);
        return [.. Enumerable.Range(1, count).Select(i => FromNumber((127u << 24) + (uint)i))];
    }

    private static long NumberOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    private static IPAddress FromNumber(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }
}

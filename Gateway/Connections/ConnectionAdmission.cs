using System.Collections.Concurrent;
using System.Net;
using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>Counts connections, in total and by source address, and says no at the limits, before a byte is read.</summary>
/// <param name="maxConnections">The most connections at once.</param>
/// <param name="maxPerSource">The most connections at once from one address.</param>
internal sealed class ConnectionAdmission(int maxConnections, int maxPerSource)
{
    private readonly ConcurrentDictionary<IPAddress, int> _bySource = [];
    private int _total;

    /// <summary>Admits a connection; <see cref="DisconnectReason.None"/> when it may stay. Only then <see cref="Leave"/> has to follow.</summary>
    public DisconnectReason TryEnter(IPAddress source)
    {
        if (Interlocked.Increment(ref _total) > maxConnections)
        {
            Interlocked.Decrement(ref _total);
            return DisconnectReason.TooManyConnections;
        }

        if (_bySource.AddOrUpdate(source, 1, static (_, count) => count + 1) > maxPerSource)
        {
            Leave(source);
            return DisconnectReason.TooManyConnectionsFromSource;
        }

        return DisconnectReason.None;
    }

    /// <summary>An admitted connection ended.</summary>
    public void Leave(IPAddress source)
    {
        Interlocked.Decrement(ref _total);
        while (_bySource.TryGetValue(source, out var count))
        {
            // The entry goes with its last connection, so that the table is as large as the number of sources online.
            if (count > 1 ? _bySource.TryUpdate(source, count - 1, count) : _bySource.TryRemove(KeyValuePair.Create(source, count)))
            {
                return;
            }
        }
    }
}

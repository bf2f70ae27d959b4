using System.Collections.Concurrent;
using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>Every session there is, logged in or not: so that a shutdown can close them.</summary>
internal sealed class LiveSessions
{
    private readonly ConcurrentDictionary<PeerSession, byte> _sessions = [];
    private volatile bool _stopping;

    /// <summary>Whether the gateway is leaving and takes no new connections.</summary>
    public bool IsStopping => _stopping;

    /// <summary>Sessions open now.</summary>
    public int Count => _sessions.Count;

    public void Add(PeerSession session)
    {
        _sessions.TryAdd(session, 0);
        if (_stopping)
        {
            session.Close(DisconnectReason.ShuttingDown);
        }
    }

    public void Remove(PeerSession session) => _sessions.TryRemove(session, out _);

    /// <summary>From now on new connections are turned away, and sessions that have just begun are closed.</summary>
    public void Stop() => _stopping = true;

    /// <summary>Starts the closing handshake of every session of a kind.</summary>
    public void Close(PeerKind kind)
    {
        foreach (var (session, _) in _sessions)
        {
            if (session.Kind == kind)
            {
                session.Close(DisconnectReason.ShuttingDown);
            }
        }
    }

    /// <summary>Completes when no session of a kind is left.</summary>
    public async Task WhenEmptyAsync(PeerKind kind, CancellationToken cancellationToken)
    {
        while (_sessions.Any(entry => entry.Key.Kind == kind))
        {
            await Task.Delay(20, cancellationToken);
        }
    }

    /// <summary>Completes when no session is left.</summary>
    public async Task WhenEmptyAsync(CancellationToken cancellationToken)
    {
        while (!_sessions.IsEmpty)
        {
            await Task.Delay(20, cancellationToken);
        }
    }
}

using System.Collections.Concurrent;

namespace Frontier.Gateway;

/// <summary>The edges of this gateway, by id. An edge is in it from just before its <c>edge_online</c> fires until it is gone.</summary>
internal sealed class EdgeTable
{
    private readonly ConcurrentDictionary<ulong, EdgeSession> _edges = [];

    /// <summary>The edges that were here when the gateway began to leave; none before that.</summary>
    public EdgeIdFilter Held { get; private set; } = EdgeIdFilter.Empty;

    /// <summary>Edges in the table.</summary>
    public int Count => _edges.Count;

    /// <summary>The edges, as they are while they are looked through.</summary>
    public IEnumerable<EdgeSession> All => _edges.Select(edge => edge.Value);

    /// <summary>The gateway begins to leave: notes which edges it holds, so that others wait for those and for no others.</summary>
    public void NoteHeld() => Held = EdgeIdFilter.Of([.. _edges.Keys]);

    /// <summary>The session that holds an id; null when none does.</summary>
    public EdgeSession? Find(ulong edgeId) => _edges.TryGetValue(edgeId, out var session) ? session : null;

    /// <summary>Lets a session hold its id, and gives the session that held it before.</summary>
    /// <returns>False when a session with a later epoch holds it.</returns>
    public bool TryTake(EdgeSession session, out EdgeSession? previous)
    {
        while (true)
        {
            if (!_edges.TryGetValue(session.EdgeId, out previous))
            {
                if (_edges.TryAdd(session.EdgeId, session))
                {
                    return true;
                }
            }
            else if (previous.Epoch > session.Epoch)
            {
                return false;
            }
            else if (_edges.TryUpdate(session.EdgeId, session, previous))
            {
                return true;
            }
        }
    }

    /// <summary>A session no longer holds its id. Nothing happens when another one does by now.</summary>
    /// <param name="session">The session.</param>
    /// <param name="successor">Who holds it again: the session that this one had taken it from, if that is still there.</param>
    public void Release(EdgeSession session, EdgeSession? successor = null)
    {
        if (successor is { IsOpen: true } && _edges.TryUpdate(session.EdgeId, successor, session))
        {
            if (!successor.IsOpen)
            {
                Release(successor); // It closed just now, when it was not in the table.
            }

            return;
        }

        _edges.TryRemove(KeyValuePair.Create(session.EdgeId, session));
    }
}

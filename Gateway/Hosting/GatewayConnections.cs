using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

/// <summary>This process's sockets, as its grains see them.</summary>
internal sealed class GatewayConnections(GatewayIdentity identity, EdgeTable edges, CatalogReplica catalog) : ILocalConnections
{
    public string GatewayId => identity.GatewayId;

    public ReadOnlyMemory<byte> HeldEdges => edges.Held.Bits;

    public IEdgeLink? FindEdge(ulong edgeId) => edges.Find(edgeId);

    public IEdgeLink? FindEdge(ulong edgeId, long epoch)
    {
        // The session that is logging in holds the place already; the one it takes it from hangs on it until then.
        var session = edges.Find(edgeId);
        while (session is not null && session.Epoch != epoch)
        {
            session = session.Previous;
        }

        return session;
    }

    public IServiceLink? FindService(ulong serviceId) => catalog.FindLocal(serviceId);

    public IServiceLink? FindService(ulong serviceId, long epoch) => catalog.FindLocal(serviceId, epoch);
}

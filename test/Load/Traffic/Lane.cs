namespace Frontier.Load;

/// <summary>A way for operations: a connection, and over a service's connection the edge at its end.</summary>
/// <param name="peer">Where operations are sent.</param>
/// <param name="edgeId">The edge to address; 0 when the connection says it all.</param>
internal sealed class Lane(Peer peer, ulong edgeId)
{
    /// <summary>Where operations are sent.</summary>
    public Peer Peer => peer;

    /// <summary>The edge to address; 0 when the connection says it all.</summary>
    public ulong EdgeId => edgeId;
}

using System.Net;

namespace Frontier.Client;

/// <summary>A gateway as services reach it.</summary>
/// <param name="Id">Tells it from others.</param>
/// <param name="EndPoint">Its address for services.</param>
internal sealed record KnownGateway(string Id, EndPoint EndPoint);

/// <summary>Knows the gateways, and perhaps where edges are.</summary>
internal interface IGatewayDirectory : IDisposable
{
    /// <summary>The gateways there are.</summary>
    /// <exception cref="FrontierException">They cannot be found out now.</exception>
    Task<IReadOnlyList<KnownGateway>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The id of the gateway that holds an edge; null when that is not known.</summary>
    /// <exception cref="FrontierException">It cannot be found out now.</exception>
    ValueTask<string?> FindAsync(ulong edgeId, CancellationToken cancellationToken);
}

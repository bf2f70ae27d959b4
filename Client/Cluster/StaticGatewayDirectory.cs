using System.Net;

namespace Frontier.Client;

/// <summary>Gateways that the options name. Where edges are is not known; the gateways forward.</summary>
/// <param name="endPoints">Their addresses.</param>
internal sealed class StaticGatewayDirectory(IReadOnlyList<EndPoint> endPoints) : IGatewayDirectory
{
    private readonly IReadOnlyList<KnownGateway> _gateways = [.. endPoints.Distinct().Select(endPoint => new KnownGateway(endPoint.ToString()!, endPoint))];

    public Task<IReadOnlyList<KnownGateway>> ListAsync(CancellationToken cancellationToken) => Task.FromResult(_gateways);

    public ValueTask<string?> FindAsync(ulong edgeId, CancellationToken cancellationToken) => default;

    public void Dispose()
    {
    }
}

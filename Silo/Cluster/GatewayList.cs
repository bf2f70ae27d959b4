using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <summary>Which gateways there are.</summary>
internal interface IGatewayList
{
    /// <summary>The gateways, ordered by id.</summary>
    /// <exception cref="OrleansException">The catalog cannot be reached and never was, and this process has no gateway: nothing is known.</exception>
    /// <exception cref="TimeoutException">As above; it did not answer in time.</exception>
    Task<IReadOnlyList<GatewayRecord>> GetAsync(CancellationToken cancellationToken);
}

/// <summary>The gateways of the catalog, and the one in this process whatever the catalog says. While the catalog cannot be reached, those that it listed last.</summary>
internal sealed partial class GatewayList(IGrainFactory grains, ILogger<GatewayList> logger, LocalGateway? local = null) : IGatewayList
{
    // The catalog is in memory, in one grain; what takes longer has lost its silo and is about to be made anew.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private volatile IReadOnlyList<GatewayRecord>? _last;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<GatewayRecord>> GetAsync(CancellationToken cancellationToken)
    {
        try
        {
            _last = (await grains.GetServiceCatalog().GetAsync().AsTask().WaitAsync(Patience, cancellationToken)).Gateways;
        }
        catch (Exception error) when (error is TimeoutException or OrleansException)
        {
            if (_last is null && local is null)
            {
                throw;
            }

            Log.NoCatalog(logger, error);
        }

        var gateways = _last ?? [];
        return local?.Describe() is not { } self || gateways.Any(gateway => gateway.GatewayId == self.GatewayId)
            ? gateways
            : [.. gateways.Append(self).OrderBy(gateway => gateway.GatewayId, StringComparer.Ordinal)];
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Service catalog unavailable; using the gateways that it listed last")]
        public static partial void NoCatalog(ILogger logger, Exception error);
    }
}

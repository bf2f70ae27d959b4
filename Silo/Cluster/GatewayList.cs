using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <summary>Which gateways there are.</summary>
internal interface IGatewayList
{
    /// <summary>The gateways, ordered by id.</summary>
    Task<IReadOnlyList<GatewayRecord>> GetAsync(CancellationToken cancellationToken);
}

/// <summary>The gateways of the catalog, and the one in this process whatever the catalog says. While the catalog cannot be reached, those that it listed last.</summary>
internal sealed partial class GatewayList(IGrainFactory grains, ILogger<GatewayList> logger, LocalGateway? local = null) : IGatewayList
{
    // The catalog is in memory, in one grain; what takes longer has lost its silo and is about to be made anew.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private volatile IReadOnlyList<GatewayRecord> _last = [];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<GatewayRecord>> GetAsync(CancellationToken cancellationToken)
    {
        try
        {
            _last = (await grains.GetServiceCatalog().GetAsync().AsTask().WaitAsync(Patience, cancellationToken)).Gateways;
        }
        catch (Exception error) when (error is TimeoutException or OrleansException)
        {
            Log.NoCatalog(logger, error.Message);
        }

        var gateways = _last;
        return local?.Describe() is not { } self || gateways.Any(gateway => gateway.GatewayId == self.GatewayId)
            ? gateways
            : [.. gateways.Append(self).OrderBy(gateway => gateway.GatewayId, StringComparer.Ordinal)];
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The catalog could not be asked for the gateways; those of last time are shown: {Error}")]
        public static partial void NoCatalog(ILogger logger, string error);
    }
}

using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

/// <summary>The other gateways, for the moments in which they come and go.</summary>
/// <param name="catalog">Lists them.</param>
/// <param name="sessions">Says whether this one is leaving.</param>
/// <param name="ports">Reach them; null without a cluster.</param>
/// <param name="self">The silo in this process.</param>
internal sealed class Neighbours(CatalogReplica catalog, LiveSessions sessions, IGatewayPorts? ports, SiloAddress? self)
{
    // The directory of grains needs a few seconds to agree after a member came or went; the gateways say again what they hold within ten.
    private const long Unsettled = 15_000;

    // One that does not answer in this time has no say.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);

    /// <summary>Whether a gateway drains, or has come or gone just now: an edge that is not found may be back in a moment, or be where only its gateway knows.</summary>
    public bool IsChanging =>
        ports is not null
        && (sessions.IsStopping || catalog.Gateways.IsAnyDraining || Environment.TickCount64 - catalog.GatewaysChangedAt < Unsettled);

    /// <summary>Asks every other gateway for an edge.</summary>
    /// <returns>The location with the largest epoch; null when no gateway has it.</returns>
    public async Task<SessionLocation?> FindEdgeAsync(ulong edgeId)
    {
        var asked = catalog.Gateways.All.Where(gateway => gateway.Silo is not null && !gateway.Silo.Equals(self)).Select(gateway => AskAsync(gateway.Silo!, edgeId));
        return (await Task.WhenAll(asked)).MaxBy(location => location?.Epoch ?? 0);
    }

    /// <summary>The gateways that are asked, for logs.</summary>
    public string Describe() => string.Join(", ", catalog.Gateways.All.Select(gateway => $"{gateway.GatewayId} at {gateway.Silo}{(gateway.IsDraining ? ", draining" : "")}"));

    private async Task<SessionLocation?> AskAsync(SiloAddress silo, ulong edgeId)
    {
        try
        {
            return await ports!.Get(silo).FindEdgeAsync(edgeId).AsTask().WaitAsync(AnswerTime);
        }
#pragma warning disable CA1031 // One that cannot be asked has nothing to say: it may be the one that has just gone.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }
}

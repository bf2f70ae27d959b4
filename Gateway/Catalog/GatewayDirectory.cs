using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

/// <summary>The gateways of the cluster at one version of the catalog, this one included. Immutable; a change makes a new one.</summary>
internal sealed class GatewayDirectory
{
    /// <summary>Without any gateway.</summary>
    public static readonly GatewayDirectory Empty = new([]);

    private readonly Dictionary<string, GatewayRecord> _byId;

    public GatewayDirectory(IEnumerable<GatewayRecord> gateways)
    {
        All = [.. gateways.OrderBy(gateway => gateway.GatewayId, StringComparer.Ordinal)];
        IsAnyDraining = All.Any(gateway => gateway.IsDraining);
        _byId = All.ToDictionary(gateway => gateway.GatewayId, StringComparer.Ordinal);
    }

    /// <summary>The gateways, ordered by id.</summary>
    public IReadOnlyList<GatewayRecord> All { get; }

    /// <summary>Whether one of them is leaving.</summary>
    public bool IsAnyDraining { get; }

    /// <summary>A gateway by its id; null when there is none.</summary>
    public GatewayRecord? Find(string gatewayId) => _byId.GetValueOrDefault(gatewayId);
}

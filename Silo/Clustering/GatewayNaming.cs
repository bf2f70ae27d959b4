using System.Globalization;
using Frontier.Gateway;

namespace Frontier.Silo;

/// <summary>
/// Makes this gateway's id unique among the live processes of the cluster, before the first connection is taken: two gateways on one node have
/// the same <c>NODE_NAME</c>, and copies of one file the same <c>daemon.frontier_id</c>. Each process joins the cluster under its id as the silo's name,
/// so whoever joins later sees the other. With both joining at once, both may take a suffix, never none.
/// </summary>
internal sealed partial class GatewayNaming(GatewayIdentity identity, IClusterMembershipService membership, ILogger<GatewayNaming> logger) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var configured = identity.GatewayId;
        identity.Rename(Choose(configured, identity.Silo!, membership.CurrentSnapshot.Members.Values));
        if (identity.GatewayId != configured)
        {
            Log.Renamed(logger, configured, identity.GatewayId);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The id itself, or, when another live process has it, the id and a suffix that no other process of the cluster has.</summary>
    internal static string Choose(string gatewayId, SiloAddress self, IEnumerable<ClusterMember> members) =>
        members.Any(member => !member.SiloAddress.Equals(self) && member.Status != SiloStatus.Dead && member.Name == gatewayId)
            // Two processes differ in their silo's address or port, or else in the second they started in.
            ? string.Create(CultureInfo.InvariantCulture, $"{gatewayId}-{self.GetConsistentHashCode():x8}")
            : gatewayId;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Another process of the cluster is called {Configured} already; this gateway is called {GatewayId}")]
        public static partial void Renamed(ILogger logger, string configured, string gatewayId);
    }
}

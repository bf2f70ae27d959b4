namespace Frontier.Gateway;

/// <summary>What the cluster's membership says, of this process and of others.</summary>
internal interface IClusterStanding
{
    /// <summary>Whether the cluster has given a process up, or knows a later one at its address.</summary>
    bool IsDead(SiloAddress silo);

    /// <summary>Reads the membership anew. Completes when it says that this process still belongs to the cluster; never, when it does not: the process ends.</summary>
    Task ConfirmAsync(CancellationToken cancellationToken);
}

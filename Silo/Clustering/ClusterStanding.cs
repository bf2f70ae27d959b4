using Frontier.Gateway;

namespace Frontier.Silo;

/// <inheritdoc cref="IClusterStanding"/>
internal sealed class ClusterStanding(
    IClusterMembershipService membership, ILocalSiloDetails self, IFatalErrorHandler fatal, SessionKeeper sessions) : IClusterStanding
{
    // Redis answers within milliseconds, or not at all.
    private static readonly TimeSpan ReadTime = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public bool IsDead(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Dead;

    /// <inheritdoc/>
    public async Task ConfirmAsync(CancellationToken cancellationToken)
    {
        await membership.Refresh(default, cancellationToken).AsTask().WaitAsync(ReadTime, cancellationToken);
        if (IsDead(self.SiloAddress))
        {
            fatal.OnFatalException(this, "the cluster gave it up while it stood still", null);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        sessions.Wake();
    }
}

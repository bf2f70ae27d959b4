using Frontier.Gateway;

namespace Frontier.Silo;

/// <summary>Keeps edges away from a gateway of a cluster until it knows the services there are: it would tell them that there are none.</summary>
internal sealed class CatalogReadiness(CatalogReplica catalog, Readiness readiness) : IHostedService
{
    private const string Condition = "catalog";

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!catalog.Reached.IsCompleted)
        {
            readiness.NotMet(Condition, "the service catalog has not been reached yet: no process with the role 'silo' is in the cluster, or none answers");
            _ = MeetAsync();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task MeetAsync()
    {
        await catalog.Reached;
        readiness.Met(Condition);
    }
}

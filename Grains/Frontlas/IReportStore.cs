namespace Frontier.Grains.Frontlas;

/// <summary>
/// Keeps what frontiers of the original have reported while no process of the cluster runs: they do not report it again. It forgets everything when it has not been
/// renewed for a time, as what it keeps would have expired by then.
/// </summary>
public interface IReportStore
{
    /// <summary>Everything that is kept, by its key.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<KeyValuePair<string, string>>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Keeps changes, all or none, and everything for some time more.</summary>
    /// <param name="changes">By key; null for what is gone.</param>
    /// <param name="lifetime">How long everything is kept without being renewed.</param>
    Task SaveAsync(IReadOnlyCollection<KeyValuePair<string, string?>> changes, TimeSpan lifetime);
}

using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

/// <summary>A session that holds an id in the cluster.</summary>
internal interface IHeldSession : ISessionLink
{
    /// <summary>Whether its login is over and it is not gone: only then it may assert what it holds.</summary>
    bool IsSettled { get; }

    /// <summary>Tells the cluster once more that this session holds its id, and what hangs on it.</summary>
    /// <returns>False when a newer session holds the id.</returns>
    Task<bool> AssertAsync(CancellationToken cancellationToken);
}

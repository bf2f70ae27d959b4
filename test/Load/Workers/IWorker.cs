using System.Net;

namespace Frontier.Load;

/// <summary>Carries a share of the load: in this process or in one of its own. The steps are called in the order in which they stand here.</summary>
internal interface IWorker : IAsyncDisposable
{
    /// <summary>The process, for its CPU time.</summary>
    int ProcessId { get; }

    /// <summary>Tells it its share.</summary>
    /// <returns>Where the worker itself listens if it is what edges reach through a relay.</returns>
    Task<IPEndPoint?> PrepareAsync(WorkerSpec spec);

    /// <summary>Connects services, then, in modes that are not about connecting, edges.</summary>
    /// <returns>What was counted for edges.</returns>
    Task<Tally> ConnectAsync(IReadOnlyList<IPEndPoint> edgeAddresses, IReadOnlyList<IPEndPoint> serviceAddresses);

    /// <summary>Mode connect: connects and leaves, over and over, to warm the server up.</summary>
    Task WarmUpAsync(TimeSpan time);

    /// <summary>Mode connect: connects the edges. Until it is done, <see cref="SnapshotAsync"/> tells how far it is.</summary>
    Task<Tally> ConnectEdgesAsync();

    /// <summary>Connects no more.</summary>
    Task CancelAsync();

    /// <summary>Starts operations.</summary>
    Task StartAsync();

    /// <summary>Begins the measured time.</summary>
    Task BeginAsync();

    /// <summary>How far it is.</summary>
    Task<WorkerSnapshot> SnapshotAsync();

    /// <summary>Ends the measured time; answers may still come.</summary>
    Task EndAsync();

    /// <summary>Gives up what is unanswered and hands out the result.</summary>
    Task<Tally> FinishAsync();
}

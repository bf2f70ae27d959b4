namespace Frontier.GrainInterfaces;

/// <summary>How the external queues are, as each process that produces to them sees it (one grain, key 0). For people; nothing depends on it.</summary>
[Alias("frontier.IQueueBoardGrain")]
public interface IQueueBoardGrain : IGrainWithIntegerKey
{
    /// <summary>A process says how its queues are; every few seconds.</summary>
    [Alias("report")]
    ValueTask ReportAsync(string process, IReadOnlyList<QueueStatus> queues);

    /// <summary>What the processes that still report have said last.</summary>
    [Alias("list")]
    ValueTask<IReadOnlyList<QueueReport>> ListAsync();
}

/// <summary>How a queue is, as one process sees it.</summary>
/// <param name="Process">The process.</param>
/// <param name="Status">What it sees.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.QueueReport")]
public sealed record QueueReport([property: Id(0)] string Process, [property: Id(1)] QueueStatus Status);

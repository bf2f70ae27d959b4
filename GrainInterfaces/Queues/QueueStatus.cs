namespace Frontier.GrainInterfaces;

/// <summary>How an external queue is, as one process sees it.</summary>
/// <param name="Queue">Its name.</param>
/// <param name="State">Whether it can be reached.</param>
/// <param name="InFlight">Messages that it has not confirmed yet, those that wait to be sent included.</param>
/// <param name="Confirmed">Messages that it confirmed.</param>
/// <param name="Failed">Messages that failed.</param>
/// <param name="LastError">The last thing that went wrong; empty when nothing has.</param>
/// <param name="LastErrorAt">When; null when nothing has.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.QueueStatus")]
public sealed record QueueStatus(
    [property: Id(0)] string Queue,
    [property: Id(1)] QueueState State,
    [property: Id(2)] int InFlight,
    [property: Id(3)] long Confirmed,
    [property: Id(4)] long Failed,
    [property: Id(5)] string LastError,
    [property: Id(6)] DateTimeOffset? LastErrorAt);

/// <summary>Whether an external queue can be reached.</summary>
public enum QueueState
{
    /// <summary>It has not been reached yet, and nothing has gone wrong.</summary>
    Connecting = 0,

    /// <summary>It takes messages.</summary>
    Up = 1,

    /// <summary>It cannot be reached or does not let this process in; tried again all the time.</summary>
    Down = 2,
}

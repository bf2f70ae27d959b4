namespace Frontier.GrainInterfaces;

/// <summary>
/// The messages that wait for one edge (key: the edge id, see <see cref="GrainFactoryExtensions.GetEdgeMail"/>). They go through this grain, and not straight to
/// <see cref="IEdgeGrain"/>, because only here it is known whether older ones are still to be delivered.
/// </summary>
[Alias("frontier.IEdgeMailGrain")]
public interface IEdgeMailGrain : IGrainWithIntegerKey
{
    /// <summary>Delivers a message to the edge; or keeps it, when the edge is not online or older messages wait for it.</summary>
    /// <returns>The message's id when it is kept; empty when the edge has acknowledged it.</returns>
    /// <exception cref="FrontierException">
    /// Nothing is kept here or not for so long (<see cref="FrontierErrorCode.Refused"/>), there is no room (<see cref="FrontierErrorCode.SlowConsumer"/>), the store cannot be
    /// reached (<see cref="FrontierErrorCode.QueueUnavailable"/>), or the edge refused the message or did not acknowledge it in time.
    /// </exception>
    [Alias("publish"), ResponseTimeout(GrainTimeouts.Forwarding)]
    Task<string> PublishAsync(EdgeMail mail);

    /// <summary>The edge is online: what waits for it is delivered.</summary>
    /// <returns>Whether something waits.</returns>
    [Alias("deliver")]
    ValueTask<bool> DeliverAsync();

    /// <summary>Looks after what waits: for a grain that was lost with its process.</summary>
    [Alias("wake")]
    ValueTask WakeAsync();

    /// <summary>What became of a message that is kept; waits up to <see cref="EdgeMail.LongestWait"/> for it.</summary>
    /// <param name="id">The message's id.</param>
    [Alias("wait")]
    Task<EdgeMailOutcome> WaitAsync(string id);
}

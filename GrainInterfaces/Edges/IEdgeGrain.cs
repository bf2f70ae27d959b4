namespace Frontier.GrainInterfaces;

/// <summary>
/// One edge's identity (key: the edge id, see <see cref="GrainFactoryExtensions.GetEdge"/>): which gateway and connection hold it, and its epoch.
/// Activated on the gateway that holds the socket, so a call from anywhere in the cluster is routed straight to it.
/// </summary>
[Alias("frontier.IEdgeGrain")]
public interface IEdgeGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// A gateway claims the id for a connection that is logging in and gets the connection's epoch, larger than any given out before.
    /// Nothing changes for a session that holds the id until <see cref="ConfirmAsync"/>.
    /// </summary>
    /// <param name="registration">The connection that wants the id.</param>
    /// <param name="onlyIfOffline">
    /// True to be refused instead while another session holds the id: for ids that the edge itself asked for. A session that was asked to move is no hindrance
    /// to the edge that it belongs to (<see cref="EdgeRegistration.MoveToken"/>).
    /// </param>
    [Alias("claim")]
    ValueTask<SessionClaim> ClaimAsync(EdgeRegistration registration, bool onlyIfOffline);

    /// <summary>
    /// The login succeeded: the session of this epoch now holds the id. An older session is closed, and what is in flight on it through this grain
    /// fails with <see cref="FrontierErrorCode.ConnectionLost"/>. Harmless for a session that holds the id already, so a gateway may always ask
    /// at the end of a login whether the session was superseded meanwhile.
    /// </summary>
    /// <returns>True when the session holds the id; false when a newer one does, or when the claim was released or is not known: then the session is to be closed.</returns>
    [Alias("confirm")]
    ValueTask<bool> ConfirmAsync(long epoch);

    /// <summary>
    /// What <see cref="ConfirmAsync"/> does, for clusters of several silos: the session of this epoch takes the id unless a newer one holds it, also
    /// where the grain has lost its memory of the claim. Then the grain moves to the session's silo, which is not certain to keep what it
    /// knows: the session counts as logged in only when the grain says from there that it holds the id
    /// (<see cref="SessionHoldExtensions.HoldUntilSettledAsync(IEdgeGrain, EdgeRegistration, long)"/> asks until then).
    /// A gateway may ask at any time for its live sessions, as after another silo died, which makes good what was lost with it.
    /// </summary>
    [Alias("hold")]
    ValueTask<SessionStanding> HoldAsync(EdgeRegistration registration, long epoch);

    /// <summary>The session of this epoch is gone, or its login failed. Ignored when a newer one holds the id.</summary>
    [Alias("release")]
    ValueTask ReleaseAsync(long epoch);

    /// <summary>Calls a method the edge registered and returns the response.</summary>
    /// <exception cref="FrontierException">The edge is not online, has no such method, answered an error, or did not answer in time.</exception>
    [Alias("call"), ResponseTimeout(GrainTimeouts.Forwarding)]
    Task<CallResult> CallAsync(CallRequest request, CancellationToken cancellationToken = default);

    /// <summary>Sends the edge a message; returns when the edge acknowledged it.</summary>
    /// <exception cref="FrontierException">The edge is not online, refused the message, or did not acknowledge it in time.</exception>
    [Alias("publish"), ResponseTimeout(GrainTimeouts.Forwarding)]
    Task PublishAsync(MessageRequest message, CancellationToken cancellationToken = default);

    /// <summary>Where the edge's session is; null when it is not online.</summary>
    [Alias("locate")]
    ValueTask<SessionLocation?> LocateAsync();

    /// <summary>Closes the edge's session. False when it has none.</summary>
    [Alias("kick")]
    Task<bool> KickAsync();

    /// <summary>What is known of the edge; null when it is not online.</summary>
    [Alias("describe")]
    Task<EdgeDescription?> DescribeAsync();
}

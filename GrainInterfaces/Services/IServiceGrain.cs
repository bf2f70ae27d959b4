namespace Frontier.GrainInterfaces;

/// <summary>
/// One service connection's identity (key: the service id, see <see cref="GrainFactoryExtensions.GetService"/>).
/// Activated on the gateway that holds the socket; what <see cref="IEdgeGrain"/> is for an edge.
/// </summary>
[Alias("frontier.IServiceGrain")]
public interface IServiceGrain : IGrainWithIntegerKey
{
    /// <summary>A gateway claims the id for a connection that is logging in; see <see cref="IEdgeGrain.ClaimAsync"/>.</summary>
    [Alias("claim")]
    ValueTask<SessionClaim> ClaimAsync(ServiceRegistration registration);

    /// <summary>The login succeeded; see <see cref="IEdgeGrain.ConfirmAsync"/>.</summary>
    [Alias("confirm")]
    ValueTask<bool> ConfirmAsync(long epoch);

    /// <summary>The login succeeded, in a cluster of several silos; see <see cref="IEdgeGrain.HoldAsync"/>.</summary>
    [Alias("hold")]
    ValueTask<SessionStanding> HoldAsync(ServiceRegistration registration, long epoch);

    /// <summary>The session of this epoch is gone; see <see cref="IEdgeGrain.ReleaseAsync"/>.</summary>
    [Alias("release")]
    ValueTask ReleaseAsync(long epoch);

    /// <summary>Calls a method the service registered and returns the response.</summary>
    /// <exception cref="FrontierException">The service is not online, has no such method, answered an error, or did not answer in time.</exception>
    [Alias("call"), ResponseTimeout(GrainTimeouts.Forwarding)]
    Task<CallResult> CallAsync(CallRequest request, CancellationToken cancellationToken = default);

    /// <summary>Sends the service a message; returns when the service acknowledged it.</summary>
    /// <exception cref="FrontierException">The service is not online, refused the message, or did not acknowledge it in time.</exception>
    [Alias("publish"), ResponseTimeout(GrainTimeouts.Forwarding)]
    Task PublishAsync(MessageRequest message, CancellationToken cancellationToken = default);

    /// <summary>Closes the service's session. False when it has none.</summary>
    [Alias("kick")]
    Task<bool> KickAsync();

    /// <summary>What is known of the service; null when it is not online.</summary>
    [Alias("describe")]
    Task<ServiceDescription?> DescribeAsync();
}

namespace Frontier.GrainInterfaces;

/// <summary>Ends a login in a cluster of several silos.</summary>
public static class SessionHoldExtensions
{
    /// <summary>
    /// How often to ask. One move is the rule; more happen when many sessions race for one id, and each is a chance that a newer one wins.
    /// </summary>
    private const int MaxAttempts = 16;

    /// <summary>Asks <see cref="IEdgeGrain.HoldAsync"/> until the answer is final.</summary>
    /// <returns>True when the session holds the id; false when it is to be closed.</returns>
    public static ValueTask<bool> HoldUntilSettledAsync(this IEdgeGrain edge, EdgeRegistration registration, long epoch)
    {
        ArgumentNullException.ThrowIfNull(edge);
        return HoldUntilSettledAsync(() => edge.HoldAsync(registration, epoch));
    }

    /// <summary>Asks <see cref="IServiceGrain.HoldAsync"/> until the answer is final.</summary>
    /// <returns>True when the session holds the id; false when it is to be closed.</returns>
    public static ValueTask<bool> HoldUntilSettledAsync(this IServiceGrain service, ServiceRegistration registration, long epoch)
    {
        ArgumentNullException.ThrowIfNull(service);
        return HoldUntilSettledAsync(() => service.HoldAsync(registration, epoch));
    }

    private static async ValueTask<bool> HoldUntilSettledAsync(Func<ValueTask<SessionStanding>> hold)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var standing = await hold();
            if (standing != SessionStanding.Moving)
            {
                return standing == SessionStanding.Held;
            }
        }

        return false;
    }
}

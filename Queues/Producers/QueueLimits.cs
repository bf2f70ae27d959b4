namespace Frontier.Queues;

/// <summary>Limits and times that all producers have.</summary>
/// <param name="MaxInFlight">Messages unconfirmed at once.</param>
/// <param name="MaxInFlightBytes">Their bytes.</param>
/// <param name="ProduceTimeout">The longest that anybody waits for a confirmation.</param>
/// <param name="GatewayId">What connections are named after.</param>
internal sealed record QueueLimits(int MaxInFlight, long MaxInFlightBytes, TimeSpan ProduceTimeout, string GatewayId)
{
    /// <summary>How long to wait for a connection and its login: ten times what a healthy server far away takes.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
}

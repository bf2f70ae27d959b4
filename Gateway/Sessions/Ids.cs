namespace Frontier.Gateway;

/// <summary>
/// Ids that the gateway gives to edges and services that bring none. Random over 63 bits: two gateways need not agree on them, and whatever
/// the number of service instances, edges spread evenly over them by modulo (counted-up ids of the original, in steps of two, did not).
/// </summary>
internal static class Ids
{
    /// <summary>A fresh id; never 0.</summary>
    public static ulong Next() => (ulong)Random.Shared.NextInt64(1, long.MaxValue);
}

namespace Frontier.Client.Tests;

/// <summary>Reconnecting without the waits that only matter among many clients.</summary>
internal static class Fast
{
    public static readonly ReconnectOptions Reconnect = new()
    {
        InitialDelay = TimeSpan.FromMilliseconds(5),
        MaxDelay = TimeSpan.FromMilliseconds(50),
        StableAfter = TimeSpan.Zero,
    };
}

using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>The timer that all connections of the process share; starts with the first of them.</summary>
internal static class SharedTimerWheel
{
    public static TimerWheel Instance { get; } = new();
}

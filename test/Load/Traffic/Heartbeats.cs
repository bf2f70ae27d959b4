namespace Frontier.Load;

/// <summary>Sends the heartbeats of all dialed connections of a loop: one timer for all.</summary>
internal sealed class Heartbeats(EventLoop loop) : ILoopTimer
{
    // What the connections announce in their Conn.
    private static readonly long Interval = Clock.FromSeconds(20);
    private static readonly long CheckInterval = Clock.FromSeconds(0.25);

    /// <inheritdoc/>
    public long Due { get; private set; } = loop.Now + CheckInterval;

    /// <inheritdoc/>
    public void Fire(long now)
    {
        Due = now + CheckInterval;
        foreach (var socket in loop.Sockets())
        {
            if (socket is Peer { State: PeerState.Online, IsDialer: true } peer && now - peer.HeartbeatAt >= Interval)
            {
                peer.SendHeartbeat(now);
            }
        }
    }
}

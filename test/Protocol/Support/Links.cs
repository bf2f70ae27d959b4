namespace Frontier.Protocol.Tests.Support;

/// <summary>Connections with somebody at the other end.</summary>
internal static class Links
{
    public const ulong FirstId = 0x6b03_9958_0000_0001;

    public static readonly ConnectionOptions Options = new();

    /// <summary>An acceptor, and a peer played by hand that has said nothing yet.</summary>
    public static (TestConnection Acceptor, RawPeer Peer) Accept(ConnectionOptions? options = null, int bufferBytes = 64 * 1024)
    {
        var (near, far) = MemoryTransport.CreatePair(bufferBytes);
        return (new TestConnection(near, ConnectionRole.Acceptor, options ?? Options), new RawPeer(far));
    }

    /// <summary>An acceptor that has let in a peer played by hand.</summary>
    public static async Task<(TestConnection Acceptor, RawPeer Peer)> Open(
        ConnectionOptions? options = null, Action<TestConnection>? setUp = null, byte flags = 0x18, string json = "{}", int bufferBytes = 64 * 1024)
    {
        var (acceptor, peer) = Accept(options, bufferBytes);
        setUp?.Invoke(acceptor);
        acceptor.Start();
        await peer.Send(Wire.Conn(FirstId, 7, json, flags));
        await peer.Read(FrameType.ConnAck);
        return (acceptor, peer);
    }

    /// <summary>A dialer that has sent its Conn to a peer played by hand.</summary>
    public static async Task<(TestConnection Dialer, RawPeer Peer, ReceivedFrame Conn)> Dial(ConnectionOptions? options = null, double heartbeatSeconds = 20)
    {
        var (near, far) = MemoryTransport.CreatePair();
        var dialer = new TestConnection(near, ConnectionRole.Dialer, options ?? Options);
        dialer.Dial(7, "meta", heartbeatSeconds);
        dialer.Start();
        var peer = new RawPeer(far);
        return (dialer, peer, await peer.Read(FrameType.Conn));
    }

    /// <summary>Both ends are connections.</summary>
    public static async Task<(TestConnection Acceptor, TestConnection Dialer)> Pair(
        ConnectionOptions? options = null, Action<TestConnection>? setUpAcceptor = null, Action<TestConnection>? setUpDialer = null, int bufferBytes = 64 * 1024,
        int segmentBytes = 4096, bool inline = false)
    {
        var (near, far) = MemoryTransport.CreatePair(bufferBytes, segmentBytes, inline);
        var acceptor = new TestConnection(near, ConnectionRole.Acceptor, options ?? Options);
        var dialer = new TestConnection(far, ConnectionRole.Dialer, options ?? Options);
        setUpAcceptor?.Invoke(acceptor);
        setUpDialer?.Invoke(dialer);
        acceptor.Start();
        dialer.Dial(7, "meta");
        dialer.Start();
        await Eventually.True(() => dialer.IsOpen && acceptor.IsOpen, "both ends are open");
        return (acceptor, dialer);
    }

    /// <summary>Ends connections and waits until they are over, so that one test leaves nothing to the next.</summary>
    public static async Task End(params TestConnection[] connections)
    {
        foreach (var connection in connections)
        {
            connection.Abort(DisconnectReason.Closed);
        }

        foreach (var connection in connections)
        {
            await Eventually.Done(connection.Run, "the connection ends when aborted");
            Assert.That(connection.ClosedCount, Is.EqualTo(1), "OnClosed is called once");
        }
    }
}

namespace Frontier.Protocol;

/// <summary>What one connection may use, and how long it may take. Shared by all connections of a listener or client; immutable.</summary>
public sealed record ConnectionOptions
{
    /// <summary>The largest frame accepted, header included, in bytes.</summary>
    public int MaxFrameBytes { get; init; } = FrameCodec.DefaultMaxFrameBytes;

    /// <summary>
    /// The largest frame an acceptor reads before the dialer is logged in, header included, in bytes; never more than <see cref="MaxFrameBytes"/>, and never
    /// less than a login with the largest metadata needs.
    /// </summary>
    public int MaxLoginBytes { get; init; } = 100 * 1024;

    /// <summary>The largest connect or stream metadata accepted, in bytes.</summary>
    public int MaxMetaBytes { get; init; } = 64 * 1024;

    /// <summary>The most sessions open at once, session 1 not counted.</summary>
    public int MaxSessions { get; init; } = 1024;

    /// <summary>The most requests and messages in flight at once, from this peer and to this peer each.</summary>
    public int MaxInFlight { get; init; } = 65_536;

    /// <summary>
    /// How many bytes may wait to be written to this peer before new requests and messages for it are refused, in bytes. One frame may go over it.
    /// Stream bytes push back on their sender at a quarter of it. A peer for which answers pile up to <see cref="MaxAnswerBytes"/> is cut.
    /// </summary>
    public int MaxOutboundBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// How many bytes may wait for this peer when an answer is added before the peer is cut, in bytes: sixteen times <see cref="MaxOutboundBytes"/>. Answers
    /// cannot be refused like requests, and a peer that made many large calls at once gets them faster than any peer reads; it is not read
    /// itself meanwhile, so the heap of answers is bounded by what it had asked before.
    /// </summary>
    public long MaxAnswerBytes => 16L * MaxOutboundBytes;

    /// <summary>
    /// How many messages may be unacknowledged at a peer that knows no extension; further ones wait in order, within <see cref="MaxOutboundBytes"/> and
    /// <see cref="MaxInFlight"/>, until the peer acknowledges or their deadline passes. 0 for no such limit. Go ends have room for 32, and stop for good or drop
    /// messages beyond it.
    /// </summary>
    public int PlainMessageWindow { get; init; } = 32;

    /// <summary>
    /// How many messages may be unacknowledged at this end: what a dialer announces to a peer that knows the extension. 0 for no such limit, when
    /// nothing is announced.
    /// </summary>
    public int MessageWindow { get; init; }

    /// <summary>The most methods a peer may register.</summary>
    public int MaxMethods { get; init; } = 1024;

    /// <summary>The longest method or topic name, in bytes of UTF-8.</summary>
    public int MaxNameBytes { get; init; } = 1024;

    /// <summary>How long a peer may take from connecting to its first frame, and then the login from that frame to its answer. Go peers wait 10 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the closing handshake may take before the socket is simply closed.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a peer may leave its full socket unread before it is cut.</summary>
    public TimeSpan SlowConsumerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the other side may take to answer Session; what Go openers wait.</summary>
    public TimeSpan SessionOpenTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long stream bytes are still awaited after a Dismiss that may have overtaken them. Go peers queue Dismiss apart from data: a recorded
    /// one sent its last bytes right after it. Not waited when the packet ids show that nothing is missing.
    /// </summary>
    public TimeSpan DismissLinger { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How raw bytes go to a peer without <see cref="PeerFeatures.StreamCredit"/>, which drops what its reader does not take in time; null for as fast as its
    /// socket takes them.
    /// </summary>
    public StreamPacing? StreamPacing { get; init; }

    /// <summary>Features this side announces (dialer) or confirms (acceptor).</summary>
    public PeerFeatures Features { get; init; } = PeerFeatures.RequestCancel;

    /// <summary>The wall clock, for packet ids and for times that plain peers read. Nothing waits by it.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The largest frame before the login. Metadata travels as base64, beside a few short members and a token.</summary>
    internal int LoginFrameBytes => (int)Math.Min(MaxFrameBytes, Math.Max(MaxLoginBytes, ((MaxMetaBytes + 2L) / 3 * 4) + 4096));
}

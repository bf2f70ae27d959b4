using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>What one peer may take of the gateway: section <c>limits</c>. Whoever reaches a limit is refused or cut with its name as the reason.</summary>
public sealed class LimitOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "limits";

    /// <summary><c>limits.max_frame_bytes</c>: the largest frame that is read. Bytes; default 10 MiB.</summary>
    [ConfigurationKeyName("max_frame_bytes"), ByteSize]
    public int MaxFrameBytes { get; init; } = 10 << 20;

    /// <summary><c>limits.max_meta_bytes</c>: the largest meta a peer may connect or open a stream with. Bytes; default 64 KiB.</summary>
    [ConfigurationKeyName("max_meta_bytes"), ByteSize]
    public int MaxMetaBytes { get; init; } = 64 << 10;

    /// <summary><c>limits.max_sessions_per_connection</c>: sessions (streams) open at once on a connection. Default 1024.</summary>
    [ConfigurationKeyName("max_sessions_per_connection")]
    public int MaxSessionsPerConnection { get; init; } = 1024;

    /// <summary><c>limits.max_in_flight_per_connection</c>: requests a peer may have unanswered at once. Default 65,536.</summary>
    [ConfigurationKeyName("max_in_flight_per_connection")]
    public int MaxInFlightPerConnection { get; init; } = 65_536;

    /// <summary>
    /// <c>limits.max_outbound_bytes_per_connection</c>: bytes that may wait for a peer to read them; beyond it, calls and messages to that peer are refused
    /// as <c>slow consumer</c>, and from a quarter of it on stream bytes wait at their source. Default 4 MiB.
    /// </summary>
    [ConfigurationKeyName("max_outbound_bytes_per_connection"), ByteSize]
    public int MaxOutboundBytesPerConnection { get; init; } = 4 << 20;

    /// <summary>
    /// <c>limits.plain_message_window</c>: messages that may be unacknowledged at a peer that knows no extension, an edge or a service with the Go SDK; further ones
    /// wait for it in order. 0 for no such limit. Default 32, the Go SDK's own room.
    /// </summary>
    [ConfigurationKeyName("plain_message_window")]
    public int PlainMessageWindow { get; init; } = 32;

    /// <summary><c>limits.max_methods_per_connection</c>: methods a peer may register. Default 1024.</summary>
    [ConfigurationKeyName("max_methods_per_connection")]
    public int MaxMethodsPerConnection { get; init; } = 1024;

    /// <summary><c>limits.max_name_bytes</c>: the longest method or topic name. Bytes of UTF-8; default 1024.</summary>
    [ConfigurationKeyName("max_name_bytes"), ByteSize]
    public int MaxNameBytes { get; init; } = 1024;

    /// <summary><c>limits.max_topic_waiting_messages</c>: messages for one topic that may wait for its external queue. Default 8192.</summary>
    [ConfigurationKeyName("max_topic_waiting_messages")]
    public int MaxTopicWaitingMessages { get; init; } = 8192;

    /// <summary><c>limits.max_topic_waiting_bytes</c>: their payload. Bytes; default 16 MiB.</summary>
    [ConfigurationKeyName("max_topic_waiting_bytes"), ByteSize]
    public int MaxTopicWaitingBytes { get; init; } = 16 << 20;

    /// <summary><c>limits.max_waiting_bytes</c>: payload that may wait for external queues, of all topics together. Bytes; default 128 MiB.</summary>
    [ConfigurationKeyName("max_waiting_bytes"), ByteSize]
    public int MaxWaitingBytes { get; init; } = 128 << 20;

    /// <summary>
    /// <c>limits.max_route_waiting_bytes</c>: calls and messages that may wait until the gateway of their edge is found, of all edges together. Bytes; default 64 MiB.
    /// </summary>
    [ConfigurationKeyName("max_route_waiting_bytes"), ByteSize]
    public int MaxRouteWaitingBytes { get; init; } = 64 << 20;

    /// <summary><c>limits.handshake_timeout</c>: how long a peer may take to log in, and before that for TLS. Default 10 s.</summary>
    [ConfigurationKeyName("handshake_timeout")]
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>limits.close_timeout</c>: how long a peer may take to answer that a session or the connection is closed. Default 5 s.</summary>
    [ConfigurationKeyName("close_timeout")]
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary><c>limits.slow_consumer_timeout</c>: how long a peer may leave a full outbound buffer unread before it is cut. Default 30 s.</summary>
    [ConfigurationKeyName("slow_consumer_timeout")]
    public TimeSpan SlowConsumerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// <c>limits.plain_stream_frames_per_second</c>: full frames (64 KiB) of one stream that the reader at a Go peer is taken to read in a second; faster streams wait.
    /// 0 sends as fast as the peer's socket takes it. Default 64, which is 4 MiB/s.
    /// </summary>
    [ConfigurationKeyName("plain_stream_frames_per_second")]
    public int PlainStreamFramesPerSecond { get; init; } = 64;

    /// <summary>
    /// <c>limits.plain_stream_burst_frames</c>: full frames of one stream that go to a Go peer at once before the rate holds. Its SDK keeps 32 for a reader that lags
    /// and drops what comes beyond: the fewer at once, the longer its reader may pause. Default 12.
    /// </summary>
    [ConfigurationKeyName("plain_stream_burst_frames")]
    public int PlainStreamBurstFrames { get; init; } = 12;

    /// <summary>
    /// <c>limits.plain_stream_read_bytes_per_second</c>: how fast the reader at a Go peer is taken to read to the end of a stream, which is told when it must have done so:
    /// its SDK drops what was not read by then. Bytes; default 512 KiB.
    /// </summary>
    [ConfigurationKeyName("plain_stream_read_bytes_per_second"), ByteSize]
    public int PlainStreamReadBytesPerSecond { get; init; } = 512 << 10;

    /// <summary><c>limits.max_connections</c>: connections of edges and services together. Default 1,000,000.</summary>
    [ConfigurationKeyName("max_connections")]
    public int MaxConnections { get; init; } = 1_000_000;

    /// <summary>
    /// <c>limits.max_connections_per_source</c>: connections from one IP address. Default 20,000, wide enough for edges behind one carrier's NAT.
    /// </summary>
    [ConfigurationKeyName("max_connections_per_source")]
    public int MaxConnectionsPerSource { get; init; } = 20_000;

    /// <summary>
    /// <c>limits.max_login_bytes</c>: the largest frame that is read before a peer is logged in. Bytes; default 100 KiB, and always enough for
    /// <see cref="MaxMetaBytes"/>.
    /// </summary>
    [ConfigurationKeyName("max_login_bytes"), ByteSize]
    public int MaxLoginBytes { get; init; } = 100 << 10;

    /// <summary>
    /// <c>limits.max_unparsed_bytes</c>: what peers may have sent of frames that are not complete, all together; beyond it those with the most are cut.
    /// Bytes; default 0: an eighth of the memory that the process may use.
    /// </summary>
    [ConfigurationKeyName("max_unparsed_bytes"), ByteSize]
    public int MaxUnparsedBytes { get; init; }

    /// <summary>
    /// <c>limits.max_read_buffer_bytes</c>: what is read from a socket while nobody takes it, because a receiver is slow; then the peer has to wait.
    /// Bytes; default 128 KiB.
    /// </summary>
    [ConfigurationKeyName("max_read_buffer_bytes"), ByteSize]
    public int MaxReadBufferBytes { get; init; } = 128 << 10;

    /// <summary>
    /// <c>limits.reserved_descriptors</c>: file descriptors of the process that are not for connections to its ports: files, other processes of the
    /// cluster, Redis, queues. At most half of what the process has. Default 512.
    /// </summary>
    [ConfigurationKeyName("reserved_descriptors")]
    public int ReservedDescriptors { get; init; } = 512;

    /// <summary>
    /// <c>limits.max_http_connections</c>: connections to the control plane, the Frontlas façade and the dashboard together, half of them from one address.
    /// At most a quarter of the descriptors. Default 1024.
    /// </summary>
    [ConfigurationKeyName("max_http_connections")]
    public int MaxHttpConnections { get; init; } = 1024;

    /// <summary>
    /// <c>limits.max_health_connections</c>: connections for health and metrics; a further one takes the place of the oldest. At most an eighth of the
    /// descriptors. Default 128.
    /// </summary>
    [ConfigurationKeyName("max_health_connections")]
    public int MaxHealthConnections { get; init; } = 128;
}

namespace Frontier.Gateway;

/// <summary>Checks the section <c>limits</c>.</summary>
internal sealed class LimitOptionsValidator : SectionValidator<LimitOptions>
{
    // A login frame with its JSON must fit, or nobody could connect.
    private const int SmallestFrame = 1024;

    /// <inheritdoc/>
    protected override void Check(LimitOptions options, ICollection<string> failures)
    {
        NumberRules.AtLeast("limits.max_frame_bytes", options.MaxFrameBytes, SmallestFrame, failures);
        NumberRules.AtLeast("limits.max_meta_bytes", options.MaxMetaBytes, 0, failures);
        NumberRules.AtLeast("limits.max_sessions_per_connection", options.MaxSessionsPerConnection, 1, failures);
        NumberRules.AtLeast("limits.max_in_flight_per_connection", options.MaxInFlightPerConnection, 1, failures);
        NumberRules.AtLeast("limits.max_outbound_bytes_per_connection", options.MaxOutboundBytesPerConnection, SmallestFrame, failures);
        NumberRules.AtLeast("limits.plain_message_window", options.PlainMessageWindow, 0, failures);
        NumberRules.AtLeast("limits.max_methods_per_connection", options.MaxMethodsPerConnection, 0, failures);
        NumberRules.AtLeast("limits.max_name_bytes", options.MaxNameBytes, 1, failures);
        NumberRules.AtLeast("limits.max_topic_waiting_messages", options.MaxTopicWaitingMessages, 1, failures);
        NumberRules.AtLeast("limits.max_topic_waiting_bytes", options.MaxTopicWaitingBytes, SmallestFrame, failures);
        NumberRules.AtLeast("limits.max_waiting_bytes", options.MaxWaitingBytes, SmallestFrame, failures);
        NumberRules.AtLeast("limits.max_route_waiting_bytes", options.MaxRouteWaitingBytes, SmallestFrame, failures);
        NumberRules.Timeout("limits.handshake_timeout", options.HandshakeTimeout, failures);
        NumberRules.Timeout("limits.close_timeout", options.CloseTimeout, failures);
        NumberRules.Timeout("limits.slow_consumer_timeout", options.SlowConsumerTimeout, failures);
        NumberRules.AtLeast("limits.plain_stream_frames_per_second", options.PlainStreamFramesPerSecond, 0, failures);
        NumberRules.AtLeast("limits.plain_stream_burst_frames", options.PlainStreamBurstFrames, 1, failures);
        NumberRules.AtLeast("limits.plain_stream_read_bytes_per_second", options.PlainStreamReadBytesPerSecond, SmallestFrame, failures);
        NumberRules.AtLeast("limits.max_connections", options.MaxConnections, 1, failures);
        NumberRules.AtLeast("limits.max_connections_per_source", options.MaxConnectionsPerSource, 1, failures);
        NumberRules.AtLeast("limits.max_login_bytes", options.MaxLoginBytes, SmallestFrame, failures);
        NumberRules.AtLeast("limits.max_unparsed_bytes", options.MaxUnparsedBytes, 0, failures);
        NumberRules.AtLeast("limits.max_read_buffer_bytes", options.MaxReadBufferBytes, 4096, failures);
        NumberRules.AtLeast("limits.reserved_descriptors", options.ReservedDescriptors, 0, failures);
        NumberRules.AtLeast("limits.max_http_connections", options.MaxHttpConnections, 1, failures);
        NumberRules.AtLeast("limits.max_health_connections", options.MaxHealthConnections, 1, failures);
        if (options.MaxMetaBytes > options.MaxFrameBytes)
        {
            failures.Add($"limits.max_meta_bytes: {options.MaxMetaBytes} is more than limits.max_frame_bytes, {options.MaxFrameBytes}");
        }
    }
}

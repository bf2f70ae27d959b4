namespace Frontier.GrainInterfaces;

/// <summary>An edge's message on its way to an external message queue.</summary>
/// <param name="Topic">The topic, which is the queue's topic, subject, channel, stream or routing key.</param>
/// <param name="Payload">The message's body; opaque, and the body of what the queue gets.</param>
public sealed record QueueMessage(string Topic, ReadOnlyMemory<byte> Payload)
{
    /// <summary>The edge that sent it.</summary>
    public ulong EdgeId { get; init; }

    /// <summary>The gateway that the edge is connected to; empty when a program published it.</summary>
    public string GatewayId { get; init; } = "";

    /// <summary>When the gateway read it.</summary>
    public DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The edge's <c>custom</c> bytes.</summary>
    public ReadOnlyMemory<byte> Custom { get; init; }

    /// <summary>W3C trace context, header <c>traceparent</c>.</summary>
    public string TraceParent { get; init; } = "";

    /// <summary>When nobody waits for the confirmation any more, on the <see cref="Environment.TickCount64"/> clock in milliseconds.</summary>
    public long Deadline { get; init; } = long.MaxValue;
}

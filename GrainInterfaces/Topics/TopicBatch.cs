namespace Frontier.GrainInterfaces;

/// <summary>Messages of edges of one gateway for one topic, in the order in which the gateway read them.</summary>
/// <param name="Queue">The external queue that is to have them; empty when the topic's grain is to find who takes them.</param>
/// <param name="GatewayId">The gateway.</param>
/// <param name="Messages">The messages; at least one.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.TopicBatch")]
public sealed record TopicBatch(
    [property: Id(0)] string Queue,
    [property: Id(1)] string GatewayId,
    [property: Id(2)] IReadOnlyList<TopicMessage> Messages);

/// <summary>One message of a <see cref="TopicBatch"/>.</summary>
/// <param name="EdgeId">The edge that sent it.</param>
/// <param name="Payload">Its body; opaque.</param>
/// <param name="Custom">The edge's <c>custom</c> bytes.</param>
/// <param name="ReceivedAt">When the gateway read it.</param>
/// <param name="Remaining">How long the edge still waits.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.TopicMessage")]
public readonly record struct TopicMessage(
    [property: Id(0)] ulong EdgeId,
    [property: Id(1)] ReadOnlyMemory<byte> Payload,
    [property: Id(2)] ReadOnlyMemory<byte> Custom,
    [property: Id(3)] DateTimeOffset ReceivedAt,
    [property: Id(4)] TimeSpan Remaining)
{
    /// <summary>The trace that the edge's work belongs to, a <see cref="Frontier.Protocol.TraceField"/>; empty for none.</summary>
    [Id(5)]
    public ReadOnlyMemory<byte> Trace { get; init; }
}

/// <summary>What became of the messages of a <see cref="TopicBatch"/>.</summary>
/// <param name="Failures">The messages that failed, by their place in the batch; null when all were taken.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.TopicBatchResult")]
public readonly record struct TopicBatchResult([property: Id(0)] IReadOnlyDictionary<int, TopicFailure>? Failures);

/// <summary>Why a message failed.</summary>
/// <param name="Code">The error.</param>
/// <param name="Text">What the edge is told.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.TopicFailure")]
public readonly record struct TopicFailure([property: Id(0)] FrontierErrorCode Code, [property: Id(1)] string Text);

namespace Frontier.GrainInterfaces;

/// <summary>An RPC on its way to an edge or a service.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Payload">The request's payload; opaque.</param>
/// <param name="Custom">The request's <c>custom</c> bytes as the receiver is to see them: for a service the sender's edge id is the last 8 bytes.</param>
/// <param name="Timeout">How long to wait for the answer; null for the gateway's own limit, which also caps it.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.CallRequest")]
public sealed record CallRequest(
    [property: Id(0)] string Method,
    [property: Id(1)] ReadOnlyMemory<byte> Payload,
    [property: Id(2)] ReadOnlyMemory<byte> Custom = default,
    [property: Id(3)] TimeSpan? Timeout = null)
{
    /// <summary>The trace that the caller's work belongs to, a <see cref="Frontier.Protocol.TraceField"/>; empty for none.</summary>
    [Id(4)]
    public ReadOnlyMemory<byte> Trace { get; init; }
}

/// <summary>The answer to an RPC.</summary>
/// <param name="Payload">The response's payload; opaque.</param>
/// <param name="Custom">The response's <c>custom</c> bytes, empty when it had none.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.CallResult")]
public readonly record struct CallResult([property: Id(0)] ReadOnlyMemory<byte> Payload, [property: Id(1)] ReadOnlyMemory<byte> Custom);

/// <summary>A message on its way to an edge or a service.</summary>
/// <param name="Topic">The topic; null or empty towards edges.</param>
/// <param name="Payload">The message's payload; opaque.</param>
/// <param name="Custom">The message's <c>custom</c> bytes as the receiver is to see them: for a service the sender's edge id is the last 8 bytes.</param>
/// <param name="Timeout">How long to wait for the acknowledgement; null for the gateway's own limit, which also caps it.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.MessageRequest")]
public sealed record MessageRequest(
    [property: Id(0)] string? Topic,
    [property: Id(1)] ReadOnlyMemory<byte> Payload,
    [property: Id(2)] ReadOnlyMemory<byte> Custom = default,
    [property: Id(3)] TimeSpan? Timeout = null)
{
    /// <summary>
    /// The message's id, the same each time that it is delivered, so that its receiver can tell that it has had it; empty when it is delivered at most once.
    /// On the wire it is the body's <c>key</c>, which messages have no other use for.
    /// </summary>
    [Id(4)]
    public string MessageId { get; init; } = "";

    /// <summary>The trace that the sender's work belongs to, a <see cref="Frontier.Protocol.TraceField"/>; empty for none.</summary>
    [Id(5)]
    public ReadOnlyMemory<byte> Trace { get; init; }
}

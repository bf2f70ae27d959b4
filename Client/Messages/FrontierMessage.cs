using System.Diagnostics;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>A message that another end published. Its sender waits until it is acknowledged or failed; what comes after the first is ignored.</summary>
public sealed class FrontierMessage
{
    private readonly SessionChannel _channel;
    private readonly ulong _packetId;
    private readonly byte[] _trace;

    internal FrontierMessage(
        SessionChannel channel,
        ulong packetId,
        string id,
        string topic,
        ReadOnlyMemory<byte> payload,
        ReadOnlyMemory<byte> custom,
        ulong edgeId,
        byte[] trace)
    {
        _trace = trace;
        Id = id;
        _channel = channel;
        _packetId = packetId;
        Topic = topic;
        Payload = payload;
        Custom = custom;
        EdgeId = edgeId;
    }

    /// <summary>
    /// The id of a message that the gateway keeps until it is acknowledged: when it is delivered again, it has the same one. Empty for other messages.
    /// </summary>
    public string Id { get; }

    /// <summary>The topic; may be empty when a service addressed this edge.</summary>
    public string Topic { get; }

    /// <summary>The content; opaque. Stays valid.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The sender's bytes beside the payload, without the edge id that the gateway appends for a service.</summary>
    public ReadOnlyMemory<byte> Custom { get; }

    /// <summary>The edge that published, at a service; 0 at an edge and inside streams.</summary>
    public ulong EdgeId { get; }

    /// <summary>The stream the message came on; null for the connection itself.</summary>
    public FrontierStream? Stream => _channel.Stream;

    /// <summary>The sender's span, to be the parent or a link of what is done with the message; default when the sender said none, and for messages that were kept.</summary>
    public ActivityContext TraceContext => TraceField.Read(_trace);

    /// <summary>Tells the sender that the message is taken care of. Does nothing when the connection is gone.</summary>
    public ValueTask AckAsync() => AnswerAsync(null, FrontierErrorCode.Unknown);

    /// <summary>Tells the sender that the message was not taken.</summary>
    /// <param name="error">Why; the sender gets this text.</param>
    public ValueTask FailAsync(string error)
    {
        ArgumentException.ThrowIfNullOrEmpty(error);
        return AnswerAsync(error, FrontierErrorCode.Unknown);
    }

    /// <summary>Tells the sender that the message was not taken, with the text for a code.</summary>
    public ValueTask FailAsync(FrontierErrorCode code) => AnswerAsync(FrontierErrorText.FromCode(code) ?? code.ToString(), code);

    internal ulong PacketId => _packetId;

    /// <summary>The application has it: there is room for another.</summary>
    internal void Leave() => _channel.Leave(this);

    private ValueTask AnswerAsync(string? error, FrontierErrorCode code) =>
        _channel.Connection.AnswerAsync(FrameType.MessageAck, _packetId, _channel.SessionId, default, default, error, code);
}

using System.Buffers;

namespace Frontier.Protocol;

/// <summary>Cuts messages out of a byte sequence; knows nothing of where the bytes come from.</summary>
/// <typeparam name="TMessage">What is cut out.</typeparam>
public interface IMessageReader<TMessage>
{
    /// <summary>Reads one message.</summary>
    /// <param name="input">What has arrived and is not consumed yet.</param>
    /// <param name="consumed">Set behind the message when there is one.</param>
    /// <param name="examined">Set to where the reader looked: behind the message, or the end when it needs more.</param>
    /// <param name="message">The message; refers to <paramref name="input"/>.</param>
    /// <returns>False when the input does not hold a whole message yet.</returns>
    /// <exception cref="ProtocolViolationException">The bytes cannot be a message.</exception>
    bool TryParseMessage(in ReadOnlySequence<byte> input, ref SequencePosition consumed, ref SequencePosition examined, out TMessage message);
}

/// <summary>Writes messages as bytes.</summary>
/// <typeparam name="TMessage">What is written.</typeparam>
public interface IMessageWriter<TMessage>
{
    /// <summary>Writes one message.</summary>
    void WriteMessage(TMessage message, IBufferWriter<byte> output);
}

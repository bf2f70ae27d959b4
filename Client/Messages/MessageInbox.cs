using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Frontier.Client;

/// <summary>
/// Received messages that wait for the application; bounded. When it is full and somebody takes messages out, the sender's connection waits; when
/// nobody does, further messages are refused, so that an application without interest in messages is not stopped by them.
/// </summary>
/// <param name="capacity">How many may wait.</param>
internal sealed class MessageInbox(int capacity)
{
    private readonly Channel<FrontierMessage> _messages = Channel.CreateBounded<FrontierMessage>(capacity);
    private readonly Lock _gate = new();
    private TaskCompletionSource? _readersGone;
    private int _readers;

    /// <summary>Takes a message in; on the read loop.</summary>
    /// <param name="message">The message.</param>
    /// <param name="full">When not null: no more may come until it is done.</param>
    /// <returns>False when the message is not taken.</returns>
    public bool TryAdd(FrontierMessage message, out Task? full)
    {
        full = null;
        if (_messages.Writer.TryWrite(message))
        {
            return true;
        }

        lock (_gate)
        {
            if (_readers == 0)
            {
                return false;
            }

            _readersGone ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var written = _messages.Writer.WriteAsync(message).AsTask();
            if (written.IsFaulted)
            {
                return false;
            }

            full = Task.WhenAny(written, _readersGone.Task);
            return true;
        }
    }

    /// <summary>Messages as they come, until the inbox is closed and empty.</summary>
    public async IAsyncEnumerable<FrontierMessage> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _readers++;
        }

        try
        {
            await foreach (var message in _messages.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return message;
            }
        }
        finally
        {
            lock (_gate)
            {
                if (--_readers == 0)
                {
                    _readersGone?.TrySetResult();
                    _readersGone = null;
                }
            }
        }
    }

    /// <summary>Nothing more will come.</summary>
    public void Close() => _messages.Writer.TryComplete();
}

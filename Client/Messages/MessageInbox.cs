using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Frontier.Client;

/// <summary>
/// Received messages that wait for the application, in the order they came. What may wait is bounded where they come in, for each session
/// (<see cref="SessionChannel"/>): several connections may share an inbox, and a full one must not make the read loop of any of them wait.
/// </summary>
internal sealed class MessageInbox
{
    private readonly Channel<FrontierMessage> _messages = Channel.CreateUnbounded<FrontierMessage>();
    private int _leftCount;
    private long _leftBytes;

    /// <summary>Waiting messages whose session is over, which nothing else bounds.</summary>
    public int LeftCount => Volatile.Read(ref _leftCount);

    /// <summary>Their bytes.</summary>
    public long LeftBytes => Volatile.Read(ref _leftBytes);

    /// <summary>So many more wait, or fewer, whose session is over.</summary>
    public void AddLeft(int count, long bytes)
    {
        Interlocked.Add(ref _leftCount, count);
        Interlocked.Add(ref _leftBytes, bytes);
    }

    /// <summary>Takes a message in; false when the inbox is closed.</summary>
    public bool TryAdd(FrontierMessage message) => _messages.Writer.TryWrite(message);

    /// <summary>Messages as they come, until the inbox is closed and empty.</summary>
    public async IAsyncEnumerable<FrontierMessage> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var message in _messages.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            message.Leave();
            yield return message;
        }
    }

    /// <summary>Takes one out that nobody will read; for an inbox that is closed.</summary>
    public bool TryTake([NotNullWhen(true)] out FrontierMessage? message)
    {
        if (!_messages.Reader.TryRead(out message))
        {
            return false;
        }

        message.Leave();
        return true;
    }

    /// <summary>Nothing more will come.</summary>
    public void Close() => _messages.Writer.TryComplete();
}

using System.Threading.Channels;

namespace Frontier.Client;

/// <summary>What outlives a client's connections: the methods it serves, and the messages and streams that wait for the application.</summary>
/// <param name="options">How many may wait.</param>
internal sealed class ClientHome(FrontierClientOptions options)
{
    private readonly Channel<FrontierStream> _accepted = Channel.CreateUnbounded<FrontierStream>();

    public MethodTable Methods { get; } = new();

    public MessageInbox Inbox { get; } = new();

    /// <summary>Whether another stream may wait.</summary>
    public bool HasRoomForStream => _accepted.Reader.Count < options.StreamQueueCapacity;

    /// <summary>Takes a stream in; when nobody will ever ask for it any more, it ends.</summary>
    public void Add(FrontierStream stream)
    {
        if (!_accepted.Writer.TryWrite(stream))
        {
            stream.Dispose();
        }
    }

    /// <summary>Streams that others opened, as they come.</summary>
    public IAsyncEnumerable<FrontierStream> AcceptStreamsAsync(CancellationToken cancellationToken) => _accepted.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Nothing more will come.</summary>
    public void Close()
    {
        Inbox.Close();
        _accepted.Writer.TryComplete();
    }
}

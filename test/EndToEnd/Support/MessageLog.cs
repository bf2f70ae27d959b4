using System.Collections.Concurrent;
using Frontier.Client;

namespace Frontier.EndToEnd.Tests.Support;

/// <summary>The messages that an SDK end has received and acknowledged, in order.</summary>
internal sealed class MessageLog
{
    private readonly ConcurrentQueue<FrontierMessage> _messages = [];

    public MessageLog(IAsyncEnumerable<FrontierMessage> source) => Completion = ReceiveAsync(source);

    /// <summary>Done when the connection is over.</summary>
    public Task Completion { get; }

    public IReadOnlyList<FrontierMessage> Messages => [.. _messages];

    private async Task ReceiveAsync(IAsyncEnumerable<FrontierMessage> source)
    {
        await foreach (var message in source)
        {
            _messages.Enqueue(message);
            await message.AckAsync();
        }
    }
}

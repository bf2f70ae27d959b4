using Frontier.Client;

namespace Frontier.Samples.Chatroom;

/// <summary>The edge: a member of the room that says lines and prints what it hears.</summary>
/// <param name="edge">The connection to the gateway.</param>
/// <param name="name">The member's name.</param>
/// <param name="output">Where to print.</param>
internal sealed class Guest(FrontierEdge edge, string name, TextWriter output) : IDisposable
{
    private readonly SemaphoreSlim _heard = new(0);
    private int _members;
    private int _lines;

    /// <summary>Joins, says every line, and leaves.</summary>
    /// <param name="script">What to say.</param>
    /// <param name="company">How many members must be there before it speaks.</param>
    /// <param name="leaveAfter">How many lines it wants to have heard, its own included, before it leaves.</param>
    /// <param name="cancellationToken">Leaves now.</param>
    public async Task RunAsync(IAsyncEnumerable<string> script, int company, int leaveAfter, CancellationToken cancellationToken)
    {
        edge.Connected += (_, e) => OnConnected(e.Generation);
        var listening = ListenAsync();
        var talking = TalkAsync(script, company, leaveAfter, cancellationToken);
        if (await Task.WhenAny(talking, edge.Completion) == talking)
        {
            await talking;
            await edge.CloseAsync(CancellationToken.None);
        }
        else
        {
            output.WriteLine($"The connection ended: {edge.DisconnectReason}.");
        }

        await listening;
    }

    public void Dispose() => _heard.Dispose();

    // The room forgot this member when its connection ended; the id is the same.
    private async void OnConnected(int generation)
    {
        try
        {
            await edge.CallAsync(Chat.Join, Chat.Bytes(name));
            output.WriteLine($"Back in the room (connection {generation}).");
        }
        catch (FrontierException e)
        {
            output.WriteLine($"Could not join again: {e.Message}");
        }
    }

    private async Task TalkAsync(IAsyncEnumerable<string> script, int company, int leaveAfter, CancellationToken cancellationToken)
    {
        var here = Chat.Text((await edge.CallAsync(Chat.Join, Chat.Bytes(name), cancellationToken: cancellationToken)).Payload).Split('\n');
        Interlocked.Add(ref _members, here.Length);
        output.WriteLine($"You are edge {edge.EdgeId}. In the room: {string.Join(", ", here)}");
        await UntilAsync(() => _members >= company, cancellationToken);
        await foreach (var line in script.WithCancellation(cancellationToken))
        {
            await edge.CallAsync(Chat.Say, Chat.Bytes(line), cancellationToken: cancellationToken);
        }

        await UntilAsync(() => _lines >= leaveAfter, cancellationToken);
    }

    private async Task ListenAsync()
    {
        await foreach (var message in edge.ReceiveAsync())
        {
            var text = Chat.Text(message.Payload);
            switch (message.Topic)
            {
                case Chat.Joined:
                    Interlocked.Increment(ref _members);
                    output.WriteLine($"* {text} joined");
                    break;
                case Chat.Left:
                    Interlocked.Decrement(ref _members);
                    output.WriteLine($"* {text} left");
                    break;
                default:
                    Interlocked.Increment(ref _lines);
                    output.WriteLine(text);
                    break;
            }

            await message.AckAsync();
            _heard.Release();
        }
    }

    private async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        while (!condition())
        {
            await _heard.WaitAsync(cancellationToken);
        }
    }
}

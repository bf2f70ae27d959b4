using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

/// <summary>Very many connections that drain at once: each is told when it may close, and nobody looks at them meanwhile.</summary>
[TestFixture, NonParallelizable]
public sealed class DrainTests
{
    [Test]
    public async Task Connections_that_wait_for_an_answer_before_they_close_have_no_timers()
    {
        const int Count = 200;
        var pairs = new List<(TestConnection Acceptor, TestConnection Dialer)>();
        for (var i = 0; i < Count; i++)
        {
            var pair = await Links.Pair(setUpDialer: connection => connection.WhenRequest = (from, request) => from.Take(request.PacketId));
            pair.Acceptor.Call("slow", origin: 1);
            pairs.Add(pair);
        }

        await Eventually.True(() => pairs.All(pair => pair.Dialer.Requests.Count == 1), "the calls have arrived");
        var timers = Timer.ActiveCount;
        var closing = pairs.Select(pair => pair.Acceptor.CloseWhenIdleAsync(DisconnectReason.ShuttingDown, CancellationToken.None)).ToArray();

        var quiet = 0;
        await Eventually.True(
            () => (quiet = Timer.ActiveCount - timers < Count / 4 && pairs.All(pair => pair.Acceptor.IsLeaving) ? quiet + 1 : 0) == 20,
            "after the time for an idle moment nothing is timed any more");
        Assert.That(closing.Count(task => task.IsCompleted), Is.Zero, "the answers are still awaited");

        pairs.ForEach(pair => pair.Dialer.Reply(pair.Dialer.Requests.Single(), "answer"));
        await Eventually.Done(Task.WhenAll(closing), "each is closed by its answer");
        await Eventually.Done(Task.WhenAll(pairs.SelectMany(pair => new Task[] { pair.Acceptor.Run, pair.Dialer.Run })), "the connections end");
    }

    [Test]
    public async Task A_connection_that_closes_of_itself_ends_the_waiting()
    {
        var (acceptor, dialer) = await Links.Pair(setUpDialer: connection => connection.WhenRequest = (from, request) => from.Take(request.PacketId));
        acceptor.Call("slow", origin: 1);
        var idle = acceptor.CloseWhenIdleAsync(DisconnectReason.ShuttingDown, CancellationToken.None);
        var done = acceptor.CloseWhenDoneAsync(DisconnectReason.ShuttingDown, TimeSpan.FromHours(1));

        dialer.Abort(DisconnectReason.ConnectionLost);

        await Eventually.Done(Task.WhenAll(idle, done), "nothing is waited for");
        await Links.End(acceptor);
    }

    [Test]
    public async Task Patience_that_ends_closes_the_connection_although_answers_are_awaited()
    {
        var (acceptor, dialer) = await Links.Pair(setUpDialer: connection => connection.WhenRequest = (from, request) => from.Take(request.PacketId));
        acceptor.Call("slow", origin: 1);
        using var patience = new CancellationTokenSource();
        var closing = acceptor.CloseWhenIdleAsync(DisconnectReason.ShuttingDown, patience.Token);

        await patience.CancelAsync();

        await Eventually.Done(closing, "it does not wait any longer");
        Assert.That(acceptor.IsOpen, Is.False);
        dialer.Abort(DisconnectReason.ConnectionLost);
        await Links.End(acceptor);
    }
}

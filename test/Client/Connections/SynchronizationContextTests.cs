using System.Text;

namespace Frontier.Client.Tests;

/// <summary>A program with a user interface: one thread that everything comes back to, and that may be busy or blocked.</summary>
public sealed class SynchronizationContextTests
{
    [Test]
    public async Task Blocking_on_every_operation_from_the_only_thread_does_not_deadlock()
    {
        await using var gateway = new TestGateway();
        using var ui = new SingleThread();
        await ui.RunAsync(() =>
        {
            var edge = new FrontierEdge(gateway.EdgeOptions with
            {
                Reconnect = Fast.Reconnect,
                OfflineQueueCapacity = 10,
                Connection = gateway.EdgeOptions.Connection with { CloseTimeout = TimeSpan.FromMilliseconds(200) }, // The gateway keeps its half of the stream open.
            });
            Block(edge.StartAsync());
            Block(edge.RegisterAsync("echo", (request, _) => new(request.Payload)));
            Assert.That(Block(edge.CallAsync("m", Encoding.UTF8.GetBytes("x")).AsTask()).Payload.Length, Is.EqualTo(1));
            Block(edge.PublishAsync("t", new byte[100_000]).AsTask());
            var stream = Block(edge.OpenStreamAsync("s"));
            Block(stream.WriteAsync(new byte[200_000]).AsTask());
            Block(stream.CompleteWritesAsync().AsTask());
            Block(stream.DisposeAsync().AsTask());
            Block(edge.DisposeAsync().AsTask());
            return Task.CompletedTask;
        }).InTime();
        Assert.That(ui.PostCount, Is.Zero, "nothing of the client's came back to the thread");
    }

    [Test]
    public async Task A_blocked_thread_holds_up_neither_calls_nor_messages_nor_reconnecting()
    {
        await using var gateway = new TestGateway();
        using var ui = new SingleThread();
        FrontierEdge? edge = null;
        await ui.RunAsync(async () =>
        {
            edge = await FrontierEdge.ConnectAsync(gateway.EdgeOptions with { Reconnect = Fast.Reconnect });
            await edge.RegisterAsync("echo", (request, _) => new(request.Payload));
        }).InTime();
        using var blocked = new ManualResetEventSlim();
        var blocking = ui.RunAsync(() =>
        {
            blocked.Wait(Soon.Limit);
            return Task.CompletedTask;
        });
        var end = await gateway.NextAsync();
        Assert.That((await end.CallAsync("echo", Encoding.UTF8.GetBytes("x")).InTime()).Error, Is.Empty);
        end.Cut();
        end = await gateway.NextAsync();
        await edge!.WaitUntilConnectedAsync().InTime();
        Assert.That((await end.CallAsync("echo", Encoding.UTF8.GetBytes("y")).InTime()).Error, Is.Empty);
        blocked.Set();
        await blocking.InTime();
        await edge.DisposeAsync().AsTask().InTime();
    }

    private static T Block<T>(Task<T> task)
    {
        Block((Task)task);
        return task.Result;
    }

    private static void Block(Task task) => Assert.That(task.Wait(Soon.Limit), "done though its thread is blocked");
}

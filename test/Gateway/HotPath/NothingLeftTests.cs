using Frontier.Benchmarks;

namespace Frontier.Gateway.Tests;

[NonParallelizable]
public class NothingLeftTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Test]
    public async Task Forwarding_leaves_no_task_and_no_session_behind_when_the_peers_are_gone()
    {
        var exchange = new GatewayExchange(128);
        exchange.Call(64);
        exchange.CallToEdge(64);
        exchange.Publish(64);
        exchange.Stream(64);
        var tasks = exchange.Tasks;
        Assert.That(tasks.Select(task => task.IsCompleted), Is.All.False, "the gateway runs");

        await exchange.DisposeAsync();

        Assert.That(tasks.Select(task => task.IsCompletedSuccessfully), Is.All.True);
        Assert.That(exchange.LiveSessions, Is.Zero);
        Assert.That(exchange.Edges, Is.Zero);
    }

    [Test, Platform("Linux")]
    public async Task A_gateway_that_has_stopped_leaves_no_thread_behind()
    {
        Assert.That(SpinWait.SpinUntil(() => TimerThreads() == 0, Patience), "earlier gateways are gone");
        var exchange = new GatewayExchange(128);
        exchange.Call(1);
        Assert.That(SpinWait.SpinUntil(() => TimerThreads() == 1, Patience), "the gateway's one thread of its own");

        await exchange.DisposeAsync();

        Assert.That(SpinWait.SpinUntil(() => TimerThreads() == 0, Patience), "the thread ends");
    }

    // The kernel keeps 15 characters of a thread's name. A thread may end while it is being looked at.
    private static int TimerThreads() => Directory.GetDirectories("/proc/self/task").Count(task =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("Frontier timer", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    });
}

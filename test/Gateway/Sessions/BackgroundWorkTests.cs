using Microsoft.Extensions.Logging.Abstractions;

namespace Frontier.Gateway.Tests;

public class BackgroundWorkTests
{
    [Test]
    public async Task A_shutdown_waits_for_work_that_is_running()
    {
        var work = new BackgroundWork(NullLogger<BackgroundWork>.Instance);
        var gate = new TaskCompletionSource();
        var done = false;
        _ = work.RunAsync(async () =>
        {
            await gate.Task;
            done = true;
        });

        var idle = work.WhenIdleAsync(CancellationToken.None);
        Assert.That(idle.IsCompleted, Is.False);
        gate.SetResult();
        await idle.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(done);
    }

    [Test]
    public async Task Work_that_fails_neither_throws_nor_stops_other_work()
    {
        var work = new BackgroundWork(NullLogger<BackgroundWork>.Instance);
        var done = false;

        await work.RunAsync(() => throw new InvalidOperationException("on purpose"));
        await work.RunAsync(() =>
        {
            done = true;
            return Task.CompletedTask;
        });

        await work.WhenIdleAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(done);
    }
}

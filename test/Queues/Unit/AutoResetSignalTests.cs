using System.Runtime.ExceptionServices;

namespace Frontier.Queues.Tests.Unit;

/// <summary>What wakes the loops that look for their work by themselves.</summary>
internal sealed class AutoResetSignalTests
{
    [Test]
    public async Task A_burst_wakes_once_and_throws_nothing()
    {
        var signal = new AutoResetSignal();
        var thrown = 0;
        var test = Environment.CurrentManagedThreadId;
        EventHandler<FirstChanceExceptionEventArgs> count = (_, _) => thrown += Environment.CurrentManagedThreadId == test ? 1 : 0;
        AppDomain.CurrentDomain.FirstChanceException += count;
        for (var i = 0; i < 512; i++)
        {
            signal.Set();
        }

        AppDomain.CurrentDomain.FirstChanceException -= count;
        var first = await signal.WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
        var second = await signal.WaitAsync(TimeSpan.Zero, CancellationToken.None);
        Assert.That((thrown, first, second), Is.EqualTo((0, true, false)));
    }

    [Test]
    public async Task What_is_added_before_the_signal_is_always_seen()
    {
        const int Producers = 4;
        const int Each = 20_000;
        var signal = new AutoResetSignal();
        var (added, seen) = (0, 0);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var loop = Task.Run(async () =>
        {
            while (seen < Producers * Each)
            {
                await signal.WaitAsync(limit.Token);
                seen = Volatile.Read(ref added);
            }
        });
        await Task.WhenAll(Enumerable.Range(0, Producers).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                Interlocked.Increment(ref added);
                signal.Set();
            }
        })));
        await loop;
        Assert.That(seen, Is.EqualTo(Producers * Each));
    }
}

using Frontier.Operator.Queue;

namespace Frontier.Operator.Tests.Queue;

/// <summary>The promises of the work queue.</summary>
internal sealed class WorkQueueTests
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);

    [Test]
    public async Task A_key_that_is_added_often_waits_once()
    {
        var queue = New(TimeProvider.System);
        queue.Add("a");
        queue.Add("a");
        queue.Add("b");
        Assert.That(queue.Count, Is.EqualTo(2));
        Assert.That(await queue.TakeAsync(default), Is.EqualTo("a"));
        Assert.That(await queue.TakeAsync(default), Is.EqualTo("b"));
        Assert.That(queue.TakeAsync(default).AsTask().IsCompleted, Is.False);
    }

    [Test]
    public async Task A_key_that_is_added_while_it_is_worked_on_comes_back_when_that_is_done()
    {
        var queue = New(TimeProvider.System);
        queue.Add("a");
        await queue.TakeAsync(default);
        queue.Add("a");
        var again = queue.TakeAsync(default).AsTask();
        Assert.That(again.IsCompleted, Is.False, "one worker at a time");
        queue.Done("a");
        Assert.That(await again.WaitAsync(TimeSpan.FromSeconds(10)), Is.EqualTo("a"));
    }

    [Test]
    public void Each_failure_of_a_key_doubles_its_own_delay_up_to_the_limit_and_success_forgets_them()
    {
        var queue = New(TimeProvider.System);
        var delays = Enumerable.Range(0, 6).Select(_ => queue.AddAfterFailure("a").TotalMilliseconds);
        Assert.That(delays, Is.EqualTo(new[] { 100, 200, 400, 800, 1000, 1000 }));
        Assert.That(queue.AddAfterFailure("b"), Is.EqualTo(First), "others do not wait for it");
        queue.Forget("a");
        Assert.That(queue.AddAfterFailure("a"), Is.EqualTo(First));
        Assert.That(queue.AddAfterFailure("c", TimeSpan.FromSeconds(7)), Is.EqualTo(TimeSpan.FromSeconds(7)), "a server that asks for more gets it");
    }

    [Test]
    public async Task Of_two_times_the_earlier_counts()
    {
        var queue = New(TimeProvider.System);
        queue.AddAfter("a", TimeSpan.FromHours(1));
        queue.AddAfter("a", TimeSpan.FromMilliseconds(1));
        Assert.That(await queue.TakeAsync(default).AsTask().WaitAsync(TimeSpan.FromSeconds(10)), Is.EqualTo("a"));
    }

    [Test]
    public void A_closed_queue_lets_go_of_those_who_wait()
    {
        var queue = New(TimeProvider.System);
        var waiting = queue.TakeAsync(default).AsTask();
        queue.Close();
        queue.Add("a");
        Assert.That(async () => await waiting, Throws.InstanceOf<System.Threading.Channels.ChannelClosedException>());
    }

    private static WorkQueue<string> New(TimeProvider time) => new(First, TimeSpan.FromSeconds(1), time);
}

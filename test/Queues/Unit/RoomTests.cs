namespace Frontier.Queues.Tests.Unit;

internal sealed class RoomTests
{
    [Test]
    public async Task Room_is_given_in_the_order_in_which_it_was_asked_for()
    {
        var room = new Room(2, 100);
        await room.EnterAsync(60, default);
        var large = room.EnterAsync(60, default).AsTask();
        var small = room.EnterAsync(10, default).AsTask();

        Assert.That((large.IsCompleted, small.IsCompleted), Is.EqualTo((false, false)), "the small one would fit, but came later");
        room.Leave(60);

        await Task.WhenAll(large, small).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(room.Count, Is.EqualTo(2));
    }

    [Test]
    public async Task What_is_larger_than_the_room_has_it_alone()
    {
        var room = new Room(10, 100);
        await room.EnterAsync(1000, default);
        var next = room.EnterAsync(1, default).AsTask();
        Assert.That(next.IsCompleted, Is.False);

        room.Leave(1000);

        await next.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Test]
    public async Task Whoever_gives_up_waiting_makes_way()
    {
        var room = new Room(2, 100);
        await room.EnterAsync(60, default);
        using var gaveUp = new CancellationTokenSource();
        var large = room.EnterAsync(60, gaveUp.Token).AsTask();
        var small = room.EnterAsync(10, default).AsTask();

        await gaveUp.CancelAsync();

        await small.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(async () => await large, Throws.InstanceOf<OperationCanceledException>());
    }
}

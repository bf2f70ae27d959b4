using System.Net;

namespace Frontier.Gateway.Tests;

public class ConnectionBudgetTests
{
    private static readonly IPAddress Source = IPAddress.Loopback;

    [Test]
    public void Each_kind_of_port_has_room_that_the_others_cannot_take()
    {
        var budget = Budget(1512);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(budget.RoomFor(ListenerKind.Health), Is.EqualTo(125));
            Assert.That(budget.RoomFor(ListenerKind.Http), Is.EqualTo(250));
            Assert.That(budget.RoomFor(ListenerKind.Services), Is.EqualTo(625));
            Assert.That(budget.RoomFor(ListenerKind.Edges), Is.EqualTo(625 - 78));
        }

        Assert.That(Enumerable.Range(0, 2000).Count(i => budget.TryEnter(ListenerKind.Http, new IPAddress(i), () => { }) is not null), Is.EqualTo(250));
        Assert.That(Enumerable.Range(0, 2000).Count(_ => Enter(budget, ListenerKind.Edges)), Is.EqualTo(547));
        Assert.That(Enumerable.Range(0, 2000).Count(_ => Enter(budget, ListenerKind.Services)), Is.EqualTo(78), "edges leave services their part");
        Assert.That(Enter(budget, ListenerKind.Health), Is.True);
    }

    [Test]
    public void Who_leaves_makes_room_once()
    {
        var budget = Budget(1512);
        var entries = Enumerable.Range(0, 547).Select(_ => budget.TryEnter(ListenerKind.Edges, Source, () => { })!).ToList();
        Assert.That(Enter(budget, ListenerKind.Edges), Is.False);
        entries[0].Leave();
        entries[0].Leave();
        Assert.That(Enter(budget, ListenerKind.Edges), Is.True);
        Assert.That(Enter(budget, ListenerKind.Edges), Is.False);
    }

    [Test]
    public void One_address_gets_half_of_the_room_on_HTTP_ports()
    {
        var budget = Budget(1512);
        Assert.That(Enumerable.Range(0, 2000).Count(_ => Enter(budget, ListenerKind.Http)), Is.EqualTo(125));
        Assert.That(budget.TryEnter(ListenerKind.Http, IPAddress.IPv6Loopback, () => { }), Is.Not.Null);
    }

    [Test]
    public void A_probe_takes_the_place_of_the_oldest_connection()
    {
        var budget = Budget(1512);
        var cut = new List<int>();
        for (var i = 0; i < 126; i++)
        {
            var number = i;
            Assert.That(budget.TryEnter(ListenerKind.Health, Source, () => cut.Add(number)), Is.Not.Null);
        }

        Assert.That(cut, Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public void What_else_the_process_has_opened_is_not_given_to_connections()
    {
        var clock = new Clock();
        var budget = new ConnectionBudget(new LimitOptions(), 1512, () => 1500, clock);
        Assert.That(Enumerable.Range(0, 600).All(_ => Enter(budget, ListenerKind.Services)), Is.True, "not known yet");
        clock.Seconds = 10;
        Assert.That(Enumerable.Range(0, 2000).Count(_ => Enter(budget, ListenerKind.Services)), Is.Zero);
    }

    [TestCase("Max open files            20000                524288               files", 20_000)]
    [TestCase("Max cpu time              unlimited            unlimited            seconds", null)]
    [TestCase("Max open files            unlimited            unlimited            files", null)]
    [TestCase("", null)]
    public void The_limit_is_read_where_there_is_one(string limits, int? expected) => Assert.That(DescriptorLimit.Parse(limits), Is.EqualTo(expected));

    [Test]
    public void The_limit_of_this_process_and_what_is_open_are_known()
    {
        Assume.That(OperatingSystem.IsLinux());
        Assert.That(DescriptorLimit.Counter()!(), Is.InRange(1, DescriptorLimit.OfThisProcess()!.Value));
    }

    [Test]
    public void Without_a_known_limit_there_is_room_for_whatever_is_configured() =>
        Assert.That(new ConnectionBudget(new LimitOptions(), null, null, TimeProvider.System).RoomFor(ListenerKind.Edges), Is.GreaterThan(1_000_000));

    private static ConnectionBudget Budget(int descriptors) =>
        new(new LimitOptions { MaxHealthConnections = 1000, MaxHttpConnections = 1000 }, descriptors, () => 0, new Clock());

    private static bool Enter(ConnectionBudget budget, ListenerKind kind) => budget.TryEnter(kind, Source, () => { }) is not null;

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}

using Frontier.Grains.Frontlas;
using Frontier.Grains.Tests.Support;

namespace Frontier.Grains.Tests.Frontlas;

public sealed class ReportedFrontiersTests
{
    private static readonly TimeSpan Expiry = TimeSpan.FromSeconds(30);

    private readonly Guid _connection = Guid.NewGuid();
    private ManualClock _clock = null!;
    private ReportedFrontiers _reported = null!;

    [SetUp]
    public void Start()
    {
        _clock = new ManualClock();
        _reported = new ReportedFrontiers(_clock, maxSessions: 3);
        _reported.Take(Online(_connection));
    }

    [Test]
    public void A_session_stays_as_long_as_it_gives_signs_of_life()
    {
        _reported.Take(Session(1, "a:1"));
        for (var i = 0; i < 5; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(20));
            _reported.Take(Alive());
            _reported.Take(Session(1));
        }

        Assert.That(_reported.Find(SessionKind.Edge, [1]).Single().Address, Is.EqualTo("a:1"));
        _clock.Advance(TimeSpan.FromSeconds(20));
        _reported.Take(Alive());
        _clock.Advance(TimeSpan.FromSeconds(10));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_reported.Find(SessionKind.Edge, [1]), Is.Empty);
            Assert.That(_reported.List().Single().Counts, Is.EqualTo(new SessionCounts(0, 0)));
        }
    }

    [Test]
    public void What_was_kept_holds_as_after_a_sign_of_life_and_only_with_its_frontier()
    {
        var before = new ReportedFrontiers(_clock, maxSessions: 3, isKept: true);
        before.Take(Online(_connection));
        before.Take(Session(1, "a:1"));
        before.Take(Session(2, "a:2"));
        before.Take(Session(2) with { Kind = FrontierReportKind.SessionOffline });
        var kept = before.TakeChanges();
        Assert.That(kept.Where(change => change.Value is null).Select(change => change.Key), Is.EqualTo(new[] { "edge:2" }));
        Assert.That(before.TakeChanges(), Is.Empty);
        before.Take(Session(1));
        Assert.That(before.HasChanges, Is.False, "a sign of life is nothing to keep");

        var after = new ReportedFrontiers(_clock, maxSessions: 3, isKept: true);
        var all = kept.Where(change => change.Value is not null).Select(change => KeyValuePair.Create(change.Key, change.Value!)).ToList();
        after.Restore([.. all, KeyValuePair.Create("edge:9", """{"FrontierId":"gone","Expiry":30000}"""), KeyValuePair.Create("edge:8", "rubbish"), KeyValuePair.Create("edge:x", "{}")]);
        Assert.That(after.Find(SessionKind.Edge, [1, 2, 8, 9]).Select(edge => (edge.SessionId, edge.Address)), Is.EqualTo(new[] { (1UL, "a:1") }));
        Assert.That(after.TakeChanges().Select(change => change.Key), Is.EquivalentTo(new[] { "edge:8", "edge:9", "edge:x" }), "what nobody can use is dropped");
        after.Take(Online(Guid.NewGuid()));
        _clock.Advance(Expiry);
        Assert.That(after.Find(SessionKind.Edge, [1]), Is.Empty);
    }

    [Test]
    public void A_frontier_that_falls_silent_takes_its_sessions_along()
    {
        _reported.Take(Session(1, "a:1") with { Expiry = TimeSpan.FromDays(1) });
        _clock.Advance(Expiry);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_reported.List(), Is.Empty);
            Assert.That(_reported.Find(SessionKind.Edge, [1]), Is.Empty);
        }
    }

    [Test]
    public void A_broken_connection_leaves_time_to_come_back()
    {
        _reported.Take(Session(1, "a:1"));
        _reported.Take(Online(_connection) with { Kind = FrontierReportKind.FrontierLost });
        _reported.Take(Online(Guid.NewGuid()));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(_reported.Find(SessionKind.Edge, [1]), Has.Count.EqualTo(1));
    }

    [Test]
    public void What_an_older_connection_says_is_ignored()
    {
        _reported.Take(Session(1, "a:1"));
        _reported.Take(Online(Guid.NewGuid()));
        _reported.Take(Online(_connection) with { Kind = FrontierReportKind.FrontierOffline });
        _reported.Take(Session(1) with { Kind = FrontierReportKind.SessionOffline });
        Assert.That(_reported.List().Single().Counts.Edges, Is.EqualTo(1));
    }

    [Test]
    public void The_late_offline_of_an_edge_that_moved_to_another_frontier_is_ignored()
    {
        var other = Guid.NewGuid();
        _reported.Take(Session(1, "a:1"));
        _reported.Take(new FrontierReport(FrontierReportKind.FrontierOnline, "other", other) { Expiry = Expiry });
        _reported.Take(new FrontierReport(FrontierReportKind.SessionAlive, "other", other) { SessionId = 1, Address = "b:1", Expiry = Expiry });
        _reported.Take(Session(1) with { Kind = FrontierReportKind.SessionOffline });
        Assert.That(_reported.Find(SessionKind.Edge, [1]).Single().GatewayId, Is.EqualTo("other"));
    }

    [Test]
    public void A_sign_of_life_of_a_session_that_was_forgotten_brings_it_back_without_its_address()
    {
        _reported.Take(Session(9));
        var entry = _reported.Find(SessionKind.Edge, [9]).Single();
        Assert.That((entry.GatewayId, entry.Address), Is.EqualTo(("go-1", "")));
    }

    [Test]
    public void Sessions_are_bounded()
    {
        for (var i = 0UL; i < 10; i++)
        {
            _reported.Take(Session(i, "a"));
        }

        Assert.That(_reported.List().Single().Counts.Edges, Is.EqualTo(3));
    }

    private static FrontierReport Online(Guid connection) => new(FrontierReportKind.FrontierOnline, "go-1", connection) { ServiceboundAddress = "s:1", EdgeboundAddress = "e:1", Expiry = Expiry };

    private FrontierReport Alive() => Online(_connection) with { Kind = FrontierReportKind.FrontierAlive };

    private FrontierReport Session(ulong id, string? address = null) =>
        new(FrontierReportKind.SessionAlive, "go-1", _connection) { Session = SessionKind.Edge, SessionId = id, Address = address, Expiry = Expiry };
}

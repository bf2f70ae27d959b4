using System.Collections.Concurrent;
using Frontier.Gateway.Tests.Support;
using Frontier.GrainInterfaces;

namespace Frontier.Gateway.Tests.Catalog;

/// <summary>What a gateway and the catalog tell each other.</summary>
[TestFixture]
internal sealed class CatalogReplicaTests
{
    private readonly ConcurrentQueue<CatalogSync> _syncs = [];

    [SetUp]
    public void Clear() => _syncs.Clear();

    [Test]
    public async Task A_gateway_that_restarted_with_its_clock_set_back_is_heard_at_its_second_sync_and_not_after_half_a_minute()
    {
        const long Last = 9_000_000_000_000_000; // What the process before it has counted to.
        await using var gateway = await StartAsync(sync =>
            sync.Sequence <= Last ? new CatalogSnapshot(sync.KnownVersion, []) { LastSequence = Last } : null);

        Assert.That(() => _syncs.Count, Is.EqualTo(2).After(30_000, 10), "it syncs again at once");
        var second = _syncs.Last();
        Assert.That(second.Sequence, Is.EqualTo(Last + 1));
        Assert.That(second.Services, Is.Empty, "the catalog has not taken what the first named");
    }

    [Test]
    public async Task A_gateway_gives_out_larger_epochs_than_the_process_whose_clock_is_ahead()
    {
        const long Ahead = 9_000_000_000_000_000;
        await using var gateway = await StartAsync(sync => new CatalogSnapshot(sync.KnownVersion, []) { EpochNow = Ahead });

        Assert.That(gateway.Core.Epochs.Next(), Is.GreaterThan(Ahead));
        gateway.Catalog.Wake();
        Assert.That(() => _syncs.Last().EpochNow, Is.GreaterThan(Ahead).After(30_000, 10), "it passes on what it was told");
    }

    [Test]
    public async Task A_gateway_says_only_what_changed_of_its_services_and_all_of_them_when_it_is_not_certain_what_the_catalog_has()
    {
        var fails = 0;
        await using var gateway = await StartAsync(_ => fails-- > 0 ? throw new TimeoutException() : null);
        gateway.ConnectService("first");
        gateway.ConnectService("second");
        Assert.That(() => _syncs.LastOrDefault(sync => sync.Changed is not null)?.Changed?.Services.Count, Is.EqualTo(1).After(30_000, 10));
        Assert.That(_syncs.Count(sync => sync.Services is not null), Is.EqualTo(1), "the first sync of a process names all");

        fails = 1;
        gateway.ConnectService("third");

        Assert.That(() => _syncs.Last(sync => sync.Services is not null).Services?.Count, Is.EqualTo(3).After(30_000, 10), "a sync that failed is followed by one that names all");
    }

    [Test]
    public async Task A_push_that_was_lost_is_made_good_at_once()
    {
        var whole = new CatalogSnapshot(Version(1), [Entry(1)]);
        var newest = new CatalogSnapshot(Version(3), [Entry(3)]) { Since = Version(1), HasSameGateways = true };
        var answers = new ConcurrentQueue<CatalogSnapshot>([whole]);
        await using var gateway = await StartAsync(_ => answers.TryDequeue(out var answer) ? answer : null);
        Assert.That(() => FindTopic(gateway, 1), Is.True.After(30_000, 10));
        answers.Enqueue(newest with { Services = [Entry(2), Entry(3)] });

        await gateway.Catalog.CatalogChangedAsync(newest with { Since = Version(2) }); // The push of version 2 was lost.

        Assert.That(() => new[] { 1UL, 2UL, 3UL }.All(id => FindTopic(gateway, id)), Is.True.After(30_000, 10));
        Assert.That(_syncs.Last(sync => sync.KnownVersion != Version(3)).KnownVersion, Is.EqualTo(Version(1)), "it says what it has");
    }

    [Test]
    public async Task What_is_pushed_of_a_change_is_added_to_the_copy_and_what_left_is_taken_out()
    {
        await using var gateway = await StartAsync(sync => sync.KnownVersion == default ? new CatalogSnapshot(Version(1), [Entry(1), Entry(2)]) : null);
        Assert.That(() => FindTopic(gateway, 2), Is.True.After(30_000, 10));

        await gateway.Catalog.CatalogChangedAsync(new CatalogSnapshot(Version(2), [Entry(3)])
        {
            Since = Version(1),
            Gone = [new CatalogKey(1, "other")],
            HasSameGateways = true,
        });

        Assert.That(new[] { 1UL, 2UL, 3UL }.Select(id => FindTopic(gateway, id)), Is.EqualTo(new[] { false, true, true }));
    }

    private static CatalogVersion Version(long number) => new(1, number);

    private static CatalogEntry Entry(ulong id) => new(id, 1, "other", "", [], [$"topic-{id}"]);

    private static bool FindTopic(SoloGateway gateway, ulong id) => gateway.Catalog.Directory.FindTopic(System.Text.Encoding.UTF8.GetBytes($"topic-{id}")) is not null;

    private Task<SoloGateway> StartAsync(Func<CatalogSync, CatalogSnapshot?> catalog) => SoloGateway.StartAsync(cluster: cluster =>
        cluster.Answers[nameof(IServiceCatalogGrain.SyncAsync)] = (_, arguments) =>
        {
            var sync = (CatalogSync)arguments[0]!;
            _syncs.Enqueue(sync);
            return new ValueTask<CatalogSnapshot?>(catalog(sync));
        });
}

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

    private Task<SoloGateway> StartAsync(Func<CatalogSync, CatalogSnapshot?> catalog) => SoloGateway.StartAsync(cluster: cluster =>
        cluster.Answers[nameof(IServiceCatalogGrain.SyncAsync)] = (_, arguments) =>
        {
            var sync = (CatalogSync)arguments[0]!;
            _syncs.Enqueue(sync);
            return ValueTask.FromResult(catalog(sync));
        });
}

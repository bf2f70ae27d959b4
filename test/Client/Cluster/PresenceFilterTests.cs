namespace Frontier.Client.Tests;

public sealed class PresenceFilterTests
{
    [Test]
    public async Task An_event_passes_once_and_all_get_its_outcome()
    {
        var seen = new List<long>();
        var filter = new PresenceFilter((edge, _) =>
        {
            seen.Add(edge.Epoch);
            return edge.Epoch == 2 ? throw new FrontierException(FrontierErrorCode.Refused, "no") : default;
        });
        for (var i = 0; i < 3; i++)
        {
            await filter.HandleAsync(Edge(1), CancellationToken.None).InTime();
            var error = await Assert.ThrowsAsync<FrontierException>(() => filter.HandleAsync(Edge(2), CancellationToken.None).InTime());
            Assert.That(error!.Message, Is.EqualTo("no"));
        }

        Assert.That(seen, Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public async Task Events_without_an_epoch_all_pass_and_old_ones_are_forgotten()
    {
        var count = 0;
        var filter = new PresenceFilter(
            (_, _) =>
            {
                count++;
                return default;
            },
            capacity: 10);
        await filter.HandleAsync(Edge(0), CancellationToken.None).InTime();
        await filter.HandleAsync(Edge(0), CancellationToken.None).InTime();
        for (var epoch = 1; epoch <= 20; epoch++)
        {
            await filter.HandleAsync(Edge(epoch), CancellationToken.None).InTime();
        }

        await filter.HandleAsync(Edge(1), CancellationToken.None).InTime();
        Assert.That(count, Is.EqualTo(23));
    }

    private static EdgePresence Edge(long epoch) => new(7, default, "", epoch);
}

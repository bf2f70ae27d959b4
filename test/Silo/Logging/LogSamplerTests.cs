using System.Net;
using Microsoft.Extensions.Logging;

namespace Frontier.Silo.Tests;

public sealed class LogSamplerTests
{
    private static readonly KeyValuePair<string, object?> Template = new("{OriginalFormat}", "Connection from {Source} ended");

    [Test]
    public void One_source_gets_so_many_lines_of_a_kind_and_a_count_of_the_others()
    {
        var sampler = new LogSampler(maxPerSource: 3, maxPerKind: 100);
        Assert.That(Enumerable.Range(0, 10).Count(_ => From(sampler, "10.0.0.1")), Is.EqualTo(3));
        Assert.That(From(sampler, "10.0.0.2"), Is.True, "another source is not held against it");
        var (line, count) = sampler.Roll().Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(count, Is.EqualTo(7));
            Assert.That(line.Source, Is.EqualTo(IPAddress.Parse("10.0.0.1")));
            Assert.That(From(sampler, "10.0.0.1"), Is.True, "a new interval");
        }
    }

    [Test]
    public void Many_sources_together_get_so_many_lines_of_a_kind()
    {
        var sampler = new LogSampler(maxPerSource: 3, maxPerKind: 20);
        Assert.That(Enumerable.Range(0, 50).Count(i => From(sampler, $"10.0.0.{i}")), Is.EqualTo(20));
        Assert.That(sampler.Roll().Single(entry => entry.Line.Source is null).Count, Is.EqualTo(30));
    }

    [Test]
    public void A_peer_that_dials_again_is_the_same_source()
    {
        var sampler = new LogSampler(maxPerSource: 3, maxPerKind: 100);
        Assert.That(
            Enumerable.Range(1000, 10).Count(port => sampler.TryTake("c", LogLevel.Warning, 1, [new("Address", $"10.0.0.1:{port}"), Template])),
            Is.EqualTo(3));
    }

    [Test]
    public void Other_events_critical_lines_and_debugging_are_not_held_back()
    {
        var sampler = new LogSampler(maxPerSource: 1, maxPerKind: 1);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(sampler.TryTake("c", LogLevel.Error, 1, [Template]), Is.True);
            Assert.That(sampler.TryTake("c", LogLevel.Error, 1, [Template]), Is.False);
            Assert.That(sampler.TryTake("c", LogLevel.Error, 2, [Template]), Is.True);
            Assert.That(sampler.TryTake("d", LogLevel.Error, 1, [Template]), Is.True);
            Assert.That(sampler.TryTake("c", LogLevel.Critical, 1, [Template]), Is.True);
            Assert.That(sampler.TryTake("c", LogLevel.Debug, 1, [Template]), Is.True);
        }
    }

    [Test]
    public void What_was_silent_for_an_interval_is_forgotten_and_sources_without_end_cost_no_more()
    {
        var sampler = new LogSampler(maxPerSource: 3, maxPerKind: 0);
        for (var i = 0; i < 50_000; i++)
        {
            sampler.TryTake("c", LogLevel.Warning, 1, [new("Source", new IPAddress(i)), Template]);
        }

        sampler.Roll();
        Assert.That(sampler.Roll(), Is.Empty);
        Assert.That(Enumerable.Range(0, 10).Count(_ => From(sampler, "10.0.0.1")), Is.EqualTo(3), "there is room to count new sources");
    }

    private static bool From(LogSampler sampler, string source) =>
        sampler.TryTake("c", LogLevel.Warning, 1, [new("Source", IPAddress.Parse(source)), Template]);
}

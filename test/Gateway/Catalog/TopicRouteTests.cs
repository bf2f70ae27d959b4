using System.Globalization;
using System.Text;
using Frontier.GrainInterfaces;

namespace Frontier.Gateway.Tests;

public class TopicRouteTests
{
    private static readonly TopicRules Rules = new() { HasFilters = true, HasGroups = true, Fanout = ["news/#"] };

    [Test]
    public void Without_filters_groups_and_fan_out_there_is_nothing_to_look_for_beside_the_names()
    {
        CatalogEntry[] entries = [Entry(1, "a/+", "$share/g/a")];

        Assert.That(Directory(TopicRules.Plain, entries).FindRoute("a/b"u8), Is.Null);
        Assert.That(Directory(TopicRules.Plain, entries).FindTopic("a/b"u8), Is.Null);
        Assert.That(Directory(TopicRules.Plain, entries).FindTopic("a/+"u8), Is.Not.Null, "it is a name like others");
        Assert.That(Directory(new TopicRules { HasFilters = true }, Entry(1, "a")).FindRoute("a"u8), Is.Null, "nobody takes part by a filter");
    }

    [Test]
    public void Those_who_take_a_topic_by_its_name_and_by_filters_share_it_in_the_order_of_their_ids()
    {
        var directory = Directory(Rules, Entry(3, "a/b"), Entry(1, "a/+", "a/#"), Entry(2, "#"), Entry(4, "a/c"), Entry(5, "a/b", "+/b"));

        Assert.That(Ids(directory.FindTopic("a/b"u8)), Is.EqualTo(new ulong[] { 1, 2, 3, 5 }));
        Assert.That(Ids(directory.FindTopic("a/c"u8)), Is.EqualTo(new ulong[] { 1, 2, 4 }));
        Assert.That(Ids(directory.FindTopic("z"u8)), Is.EqualTo(new ulong[] { 2 }));
        Assert.That(Ids(directory.FindTopic("a/b"u8)), Is.EqualTo(new ulong[] { 1, 2, 3, 5 }), "the second time, too");
    }

    [Test]
    public void Groups_stand_beside_those_who_are_in_none()
    {
        var directory = Directory(Rules, Entry(1, "a"), Entry(2, "$share/y/a"), Entry(3, "$share/x/#"), Entry(4, "$share/x/a"));

        var route = directory.FindRoute("a"u8)!;
        Assert.That(Ids(route.Shared), Is.EqualTo(new ulong[] { 1 }));
        Assert.That(route.Groups.Select(group => group.Group), Is.EqualTo(new[] { "x", "y" }));
        Assert.That(Ids(route.Groups[0]), Is.EqualTo(new ulong[] { 3, 4 }));
        Assert.That(Ids(directory.FindTopic("a"u8, "y")), Is.EqualTo(new ulong[] { 2 }));
        Assert.That(directory.FindTopic("a"u8, "z"), Is.Null);
        Assert.That(Ids(directory.FindTopic("a"u8, "")), Is.EqualTo(new ulong[] { 1 }));
        Assert.That(directory.FindRoute("b"u8)!.Shared, Is.Null);
    }

    [Test]
    public void Fan_out_is_a_matter_of_the_topic()
    {
        var directory = Directory(Rules, Entry(1, "news/a", "a"));

        Assert.That(directory.FindRoute("news/a"u8)!.IsFanout);
        Assert.That(directory.FindRoute("a"u8)!.IsFanout, Is.False);
    }

    [Test]
    public void However_many_topics_edges_invent_those_that_are_taken_by_name_are_found_without_allocating()
    {
        var directory = Directory(Rules, Entry(1, "a/b"), Entry(2, "a/+"));
        for (var i = 0; i < TopicRoutes.MaxKept + 100; i++)
        {
            Assert.That(directory.FindTopic(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"a/{i}")))!.Instances, Has.Length.EqualTo(1));
        }

        directory.FindTopic("a/b"u8);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            directory.FindTopic("a/b"u8);
            directory.FindTopic("a/0"u8);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(Ids(directory.FindTopic("a/b"u8)), Is.EqualTo(new ulong[] { 1, 2 }));
    }

    private static IEnumerable<ulong> Ids(ServiceSet? services) => services!.Instances.Select(instance => instance.ServiceId);

    private static ServiceDirectory Directory(TopicRules rules, params CatalogEntry[] entries) =>
        new(entries.Select(entry => (entry, (ServiceSession?)null)), rules: rules);

    private static CatalogEntry Entry(ulong id, params string[] topics) => new(id, 1, "gateway", "", [], topics);
}

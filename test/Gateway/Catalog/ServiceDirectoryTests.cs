using System.Text;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.Gateway.Tests;

public class ServiceDirectoryTests
{
    [Test]
    public void A_method_is_found_by_the_base64_of_its_name_as_a_request_carries_it()
    {
        var directory = Directory(Entry(7, methods: ["echo", "метод \"quoted\\"]));

        Assert.That(directory.FindMethod("ZWNobw=="u8)?.Instances.Single().ServiceId, Is.EqualTo(7));
        Assert.That(directory.FindMethod(Base64Text.Encode(Encoding.UTF8.GetBytes("метод \"quoted\\"))), Is.Not.Null);
        Assert.That(directory.FindMethod("ZWNobx=="u8), Is.Not.Null, "the unused bits of the last group do not matter");
        Assert.That(directory.FindMethod("bm9wZQ=="u8), Is.Null);
        Assert.That(directory.FindMethod(default), Is.Null);
    }

    [Test]
    public void Topics_and_names_are_found_and_an_empty_name_is_none()
    {
        var directory = Directory(Entry(1, name: "chat", topics: ["тема/主题"]), Entry(2, name: ""));

        Assert.That(directory.FindTopic("тема/主题"u8)?.Instances.Single().ServiceId, Is.EqualTo(1));
        Assert.That(directory.FindName("chat"u8), Is.Not.Null);
        Assert.That(directory.FindName(""u8), Is.Null);
        Assert.That(directory.FindTopic("other"u8), Is.Null);
    }

    [Test]
    public void The_choice_among_instances_depends_on_their_ids_and_not_on_the_order_they_came_in()
    {
        CatalogEntry[] entries = [Entry(30, methods: ["m"]), Entry(ulong.MaxValue, methods: ["m"]), Entry(10, methods: ["m"])];
        var one = Directory(entries).FindMethod("bQ=="u8)!;
        var other = Directory([.. entries.Reverse()]).FindMethod("bQ=="u8)!;

        Assert.That(one.Instances.Select(instance => instance.ServiceId), Is.EqualTo(new[] { 10UL, 30UL, ulong.MaxValue }));
        for (var edge = 0UL; edge < 9; edge++)
        {
            Assert.That(one.Instances[one.Choose(edge)].ServiceId, Is.EqualTo(other.Instances[other.Choose(edge)].ServiceId));
        }
    }

    [Test]
    public void When_one_of_two_instances_leaves_the_method_stays_with_the_other()
    {
        var both = Directory(Entry(1, methods: ["m"]), Entry(2, methods: ["m"]));
        var one = Directory(Entry(2, methods: ["m"]));

        Assert.That(both.FindMethod("bQ=="u8)!.Instances, Has.Length.EqualTo(2));
        Assert.That(one.FindMethod("bQ=="u8)!.Instances.Single().ServiceId, Is.EqualTo(2));
    }

    [Test]
    public void A_service_that_moves_is_asked_by_its_newer_session_for_what_it_registered_there_and_by_the_older_one_for_the_rest()
    {
        CatalogEntry older = Entry(1, methods: ["m", "n"], topics: ["t"], epoch: 10), newer = Entry(1, methods: ["n"], topics: ["t"], epoch: 11);

        foreach (var directory in new[] { Directory(older, newer), Directory(newer, older) })
        {
            Assert.That(directory.FindMethod("bQ=="u8)!.Instances.Single().Epoch, Is.EqualTo(10));
            Assert.That(directory.FindMethod("bg=="u8)!.Instances.Single().Epoch, Is.EqualTo(11));
            Assert.That(directory.FindTopic("t"u8)!.Instances.Single().Epoch, Is.EqualTo(11));
        }
    }

    [Test]
    public void The_methods_that_only_the_gateway_may_call_are_marked()
    {
        var directory = Directory(Entry(1, methods: ["get_edge_id", "edge_online", "edge_offline", "edge_onlin"]));

        Assert.That(directory.FindMethod(ReservedMethods.GetEdgeIdKey)!.IsReserved);
        Assert.That(directory.FindMethod(ReservedMethods.EdgeOnlineKey)!.IsReserved);
        Assert.That(directory.FindMethod(ReservedMethods.EdgeOfflineKey)!.IsReserved);
        Assert.That(directory.FindMethod(Base64Text.Encode("edge_onlin"u8))!.IsReserved, Is.False);
    }

    [Test]
    public void Looking_up_a_name_allocates_nothing()
    {
        var directory = Directory(Entry(1, name: "chat", methods: ["echo"], topics: ["t"]));
        directory.FindMethod("ZWNobw=="u8);
        directory.FindTopic("t"u8);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            directory.FindMethod("ZWNobw=="u8);
            directory.FindTopic("t"u8);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static ServiceDirectory Directory(params CatalogEntry[] entries) => new(entries.Select(entry => (entry, (ServiceSession?)null)));

    private static CatalogEntry Entry(ulong id, string name = "", string[]? methods = null, string[]? topics = null, long epoch = 1) =>
        new(id, epoch, "gateway", name, methods ?? [], topics ?? []);
}

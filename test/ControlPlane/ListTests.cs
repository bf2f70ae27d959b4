using Frontier.ControlPlane.Tests.Support;
using Frontier.ControlPlane.V1;
using ControlPlaneClient = Frontier.ControlPlane.V1.ControlPlane.ControlPlaneClient;

namespace Frontier.ControlPlane.Tests;

public sealed class ListTests
{
    private readonly List<Client.FrontierEdge> _edges = [];
    private TestFrontier _frontier = null!;
    private ControlPlaneClient _client = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _frontier = await TestFrontier.StartAsync();
        _client = new ControlPlaneClient(_frontier.Channel());
        for (var i = 0; i < 25; i++)
        {
            var edge = await _frontier.ConnectEdgeAsync((ulong)(1000 + i), $"device-{(char)('y' - i)}");
            await edge.RegisterAsync(i % 2 == 0 ? "even" : "odd", (request, _) => ValueTask.FromResult<Client.CallResponse>(request.Payload));
            _edges.Add(edge);
        }
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        foreach (var edge in _edges)
        {
            await edge.DisposeAsync();
        }

        await _frontier.DisposeAsync();
    }

    [Test]
    public async Task Without_a_page_the_ten_newest_come_and_the_count_is_of_all()
    {
        var answer = await ListAsync(new ListEdgesRequest());
        Assert.That(answer, Is.EqualTo((Ids(24, 23, 22, 21, 20, 19, 18, 17, 16, 15), 25)));
    }

    [TestCase(0, 5)]
    [TestCase(2, 0)]
    [TestCase(-1, 5)]
    [TestCase(2, -5)]
    public async Task A_page_or_a_size_below_one_means_the_first_ten(long page, long size)
    {
        var answer = await ListAsync(new ListEdgesRequest { Page = page, PageSize = size, Order = "edge_id" });
        Assert.That(answer, Is.EqualTo((Ids(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), 25)));
    }

    [Test]
    public async Task Pages_follow_each_other_without_gap_or_overlap()
    {
        var seen = new List<ulong>();
        for (var page = 1; page <= 5; page++)
        {
            var answer = await _client.ListEdgesAsync(new ListEdgesRequest { Page = page, PageSize = 7, Order = "+meta" });
            Assert.That(answer.Count, Is.EqualTo(25));
            seen.AddRange(answer.Edges.Select(edge => edge.EdgeId));
        }

        Assert.That(Text(seen), Is.EqualTo(Ids([.. Enumerable.Range(0, 25).Reverse()])));
    }

    [Test]
    public async Task A_page_behind_the_last_is_empty_and_counts_all_the_same()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ListAsync(new ListEdgesRequest { Page = 9, PageSize = 10 }), Is.EqualTo((Ids(), 25)));
            Assert.That(await ListAsync(new ListEdgesRequest { Page = long.MaxValue, PageSize = 50_000 }), Is.EqualTo((Ids(), 25)));
        }
    }

    [TestCase("edge_id", 0, 1)]
    [TestCase("+edge_id", 0, 1)]
    [TestCase("-edge_id", 24, 23)]
    [TestCase("meta", 24, 23)]
    [TestCase("-meta", 0, 1)]
    [TestCase("create_time", 0, 1)]
    [TestCase("-create_time", 24, 23)]
    public async Task Every_order_goes_both_ways(string order, int first, int second)
    {
        var answer = await ListAsync(new ListEdgesRequest { Page = 1, PageSize = 2, Order = order });
        Assert.That(answer, Is.EqualTo((Ids(first, second), 25)));
    }

    [Test]
    public async Task Ordered_by_address_the_texts_ascend()
    {
        var answer = await _client.ListEdgesAsync(new ListEdgesRequest { Page = 1, PageSize = 100, Order = "addr" });
        Assert.That(answer.Edges.Select(edge => edge.Addr), Is.Ordered.Using<string>(StringComparer.Ordinal));
    }

    [Test]
    public async Task Filters_combine()
    {
        var address = (await _frontier.Grains.GetEdgeAsync(1004))!.Address;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ListAsync(new ListEdgesRequest { Meta = "device-a" }), Is.EqualTo((Ids(24), 1)));
            Assert.That(await ListAsync(new ListEdgesRequest { Meta = "DEVICE-A" }), Is.EqualTo((Ids(24), 1)), "case does not count");
            Assert.That(await ListAsync(new ListEdgesRequest { Meta = "%-a" }), Is.EqualTo((Ids(24), 1)), "% stands for anything");
            Assert.That(await ListAsync(new ListEdgesRequest { Meta = "evice" }), Is.EqualTo((Ids(), 0)), "only the beginning counts");
            Assert.That(await ListAsync(new ListEdgesRequest { Addr = address }), Is.EqualTo((Ids(4), 1)));
            Assert.That((await ListAsync(new ListEdgesRequest { Addr = "127.0.0.1:" })).Count, Is.EqualTo(25));
            Assert.That((await ListAsync(new ListEdgesRequest { Rpc = "odd" })).Count, Is.EqualTo(12));
            Assert.That(await ListAsync(new ListEdgesRequest { Rpc = "odd", EdgeId = 1001 }), Is.EqualTo((Ids(1), 1)));
            Assert.That(await ListAsync(new ListEdgesRequest { Rpc = "even", EdgeId = 1001 }), Is.EqualTo((Ids(), 0)));
            Assert.That((await ListAsync(new ListEdgesRequest { Meta = "", Addr = "", Rpc = "", EdgeId = 0 })).Count, Is.EqualTo(25), "what is empty is not set");
        }
    }

    [Test]
    public async Task Times_are_from_including_to_excluding_and_each_may_be_missing()
    {
        var times = (await _client.ListEdgesAsync(new ListEdgesRequest { Page = 1, PageSize = 100 })).Edges.Select(edge => edge.CreateTime).ToList();
        var (first, last) = (times.Min(), times.Max());
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await ListAsync(new ListEdgesRequest { StartTime = first, EndTime = last + 1 })).Count, Is.EqualTo(25));
            Assert.That((await ListAsync(new ListEdgesRequest { StartTime = last + 1 })).Count, Is.Zero);
            Assert.That((await ListAsync(new ListEdgesRequest { EndTime = first })).Count, Is.Zero);
            Assert.That((await ListAsync(new ListEdgesRequest { EndTime = first + 1 })).Count, Is.EqualTo(times.Count(time => time == first)));
            Assert.That((await ListAsync(new ListEdgesRequest { StartTime = 0, EndTime = 0 })).Count, Is.EqualTo(25));
        }
    }

    [Test]
    public async Task Methods_are_listed_once_each_and_can_be_paged_and_ordered()
    {
        var all = await _client.ListEdgeRPCsAsync(new ListEdgeRPCsRequest());
        var last = await _client.ListEdgeRPCsAsync(new ListEdgeRPCsRequest { Page = 2, PageSize = 1, Order = "-rpc" });
        var oldest = await _client.ListEdgeRPCsAsync(new ListEdgeRPCsRequest { Page = 1, PageSize = 1, Order = "create_time" });
        var some = await _client.ListEdgeRPCsAsync(new ListEdgeRPCsRequest { Meta = "vice-a" });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(all.Rpcs, Is.EqualTo(new[] { "even", "odd" }));
            Assert.That(all.Count, Is.EqualTo(2));
            Assert.That(last.Rpcs, Is.EqualTo(new[] { "even" }));
            Assert.That(last.Count, Is.EqualTo(2));
            Assert.That(oldest.Rpcs, Is.EqualTo(new[] { "odd" }), "its newest edge is older");
            Assert.That(some.Rpcs, Is.EqualTo(new[] { "even" }), "here the meta is searched throughout");
        }
    }

    [Test]
    public async Task Only_this_node_can_be_asked_for()
    {
        var headers = new Grpc.Core.Metadata { { "scope", "node" } };
        var overGrpc = await _client.ListEdgesAsync(new ListEdgesRequest { Page = 1, PageSize = 100 }, headers);
        var overRest = await _frontier.Rest().GetStringAsync("/v1/edges?scope=node&page=1&page_size=1&order=edge_id");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(overGrpc.Count, Is.EqualTo(25));
            Assert.That(overRest, Does.Contain("\"edge_id\":\"1000\"").And.EndsWith("\"count\":25}"));
        }
    }

    private async Task<(string Ids, int Count)> ListAsync(ListEdgesRequest request)
    {
        var answer = await _client.ListEdgesAsync(request);
        return (Text(answer.Edges.Select(edge => edge.EdgeId)), answer.Count);
    }

    private static string Ids(params int[] numbers) => Text(numbers.Select(number => (ulong)(1000 + number)));

    private static string Text(IEnumerable<ulong> ids) => string.Join(' ', ids);
}

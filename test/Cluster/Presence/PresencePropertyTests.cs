using System.Net;
using System.Text.Json;
using Frontier.Cluster.Tests.Support;

namespace Frontier.Cluster.Tests.Presence;

/// <summary>
/// Many edges come, go, move and lose their gateway at random. When it is quiet again, everybody who can be asked says the same: the grains, each gateway's own
/// control plane, the cluster's control plane and the Frontlas façade, counts included.
/// </summary>
[TestFixture]
internal sealed class PresencePropertyTests : ClusterFixture
{
    private const int Ids = 60;
    private const int Steps = 240;

    [TestCase(20261123)]
    [TestCase(4711)]
    public async Task When_it_is_quiet_again_all_say_the_same(int seed)
    {
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var gateways = (await Cluster.StartAsync(3)).ToArray();
        // The ids are the services' to give, so that an edge keeps its id wherever it comes from. Not on the gateway that is killed.
        await using var identity = await gateways[0].ConnectServiceAsync("identity");
        await identity.OnGetEdgeIdAsync((meta, _) => ValueTask.FromResult(BitConverter.ToUInt64(meta.Span)));
        var edges = new FrontierEdge?[Ids];
        for (var step = 0; step < Steps; step++)
        {
            if (step == Steps / 2)
            {
                await gateways[2].KillAsync();
                gateways[2].Start();
                await gateways[2].WaitUntilReadyAsync();
            }

            // A few at once, so that logins and leavings of different edges meet.
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => random.Next(Ids)).Distinct().Select(async i =>
            {
                if (edges[i] is { IsConnected: true } edge && random.Next(3) == 0)
                {
                    await edge.DisposeAsync();
                    edges[i] = null;
                }
                else
                {
                    edges[i] = await ConnectAsync(gateways[random.Next(gateways.Length)], (ulong)i + 1);
                }
            }));
        }

        var grains = await Cluster.GrainsAsync();
        var facade = Cluster.Processes.Single(process => process.EdgePort == 0);
        await Eventually.HoldsAsync(
            async () =>
            {
                var online = Enumerable.Range(0, Ids).Where(i => edges[i] is { IsConnected: true }).Select(i => (ulong)i + 1).ToList();
                foreach (var gateway in gateways)
                {
                    var (listed, count) = await ListAsync(gateway.ControlPort, "/v1/edges?page=1&page_size=1000");
                    if (count != online.Count || !listed.Order().SequenceEqual(online))
                    {
                        return false;
                    }
                }

                var onNodes = new List<ulong>();
                foreach (var gateway in gateways)
                {
                    onNodes.AddRange((await ListAsync(gateway.ControlPort, "/v1/edges?page=1&page_size=1000&scope=node")).Listed);
                }

                using var counted = JsonDocument.Parse(await GetAsync(facade.FrontlasPort, "/cluster/v1/edges/count"));
                var described = await Task.WhenAll(Enumerable.Range(1, Ids).Select(async id => (Id: (ulong)id, Edge: await grains.GetEdge((ulong)id).DescribeAsync())));
                return onNodes.Order().SequenceEqual(online) // Each on one gateway only.
                    && NumberOf(counted.RootElement, "count") == online.Count
                    && described.Where(found => found.Edge is not null).Select(found => found.Id).SequenceEqual(online);
            },
            "grains, gateways, control plane and façade agree with the edges themselves",
            TimeSpan.FromSeconds(60));
        TestContext.Out.WriteLine($"{edges.Count(edge => edge is { IsConnected: true })} edges are online in the end.");
        foreach (var edge in edges)
        {
            if (edge is not null)
            {
                await edge.DisposeAsync();
            }
        }
    }

    // Right after a kill a login may have to wait until the cluster knows; an edge just tries again.
    private static Task<FrontierEdge> ConnectAsync(ClusterProcess gateway, ulong id) => Eventually.SucceedsAsync(
        async () => await FrontierEdge.ConnectAsync(new FrontierEdgeOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, gateway.EdgePort), Meta = BitConverter.GetBytes(id), Reconnect = null }),
        $"edge {id} logs in",
        TimeSpan.FromSeconds(30));

    private static async Task<(List<ulong> Listed, long Count)> ListAsync(int port, string path)
    {
        using var answer = JsonDocument.Parse(await GetAsync(port, path));
        var listed = answer.RootElement.TryGetProperty("edges", out var items) ? items.EnumerateArray().Select(edge => (ulong)NumberOf(edge, "edge_id")).ToList() : [];
        return (listed, NumberOf(answer.RootElement, "count"));
    }

    // 64-bit numbers are strings in protobuf's JSON, and numbers that are zero are left out.
    private static long NumberOf(JsonElement element, string name) =>
        !element.TryGetProperty(name, out var value) ? 0 : value.ValueKind == JsonValueKind.String ? long.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture) : value.GetInt64();

    private static async Task<string> GetAsync(int port, string path)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        return await http.GetStringAsync($"http://127.0.0.1:{port}{path}");
    }
}

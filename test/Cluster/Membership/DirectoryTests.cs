using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Frontier.Cluster.Tests.Support;

namespace Frontier.Cluster.Tests.Membership;

/// <summary>Online edges are found, whatever becomes of the other processes. <c>FRONTIER_DIRECTORY_EDGES=20000</c> for the figures in docs/cluster.md.</summary>
[TestFixture]
internal sealed class DirectoryTests : ClusterFixture
{
    // Questions that are under way at a time.
    private const int InFlight = 128;

    private static readonly int s_edges =
        int.TryParse(Environment.GetEnvironmentVariable("FRONTIER_DIRECTORY_EDGES"), NumberStyles.None, CultureInfo.InvariantCulture, out var edges) ? edges : 1_500;

    // What the directory is given to recover the share of a process that was killed; no edge may be missed after it.
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(10);

    [Test]
    public async Task No_edge_that_stays_online_is_lost_when_processes_join_and_are_killed_and_leave()
    {
        var gateways = await Cluster.StartAsync(3);
        var grains = await Cluster.GrainsAsync();
        await using var load = EdgeLoad.Start(s_edges, gateways);
        var where = new Dictionary<ulong, string>();
        await Eventually.HoldsAsync(
            async () =>
            {
                load.ThrowIfEnded();
                where = await WhereAsync(gateways);
                return where.Count == s_edges;
            },
            $"{s_edges} edges are online",
            TimeSpan.FromMinutes(5));
        var lost = new List<string>();

        await WhileAsync("a gateway joins", async () => await Cluster.StartGatewayAsync(), gateways);
        await WhileAsync("a silo joins", async () => await Cluster.StartSiloAsync(), gateways);
        await WhileAsync("a gateway is killed", gateways[0].KillAsync, gateways.Skip(1));
        await WhileAsync("a gateway leaves", async () => Assert.That(await gateways[1].TerminateAsync(), Is.Zero), gateways.Skip(2));

        Assert.That(lost, Is.Empty);

        // Asks for the edges of these gateways, again and again while something happens and for a time afterwards.
        async Task WhileAsync(string what, Func<Task> change, IEnumerable<ClusterProcess> staying)
        {
            var names = staying.Select(gateway => gateway.Name).ToHashSet();
            var expected = where.Where(edge => names.Contains(edge.Value)).ToList();
            var started = Stopwatch.StartNew();
            var changing = change();
            var (rounds, missed, last) = (0, new HashSet<ulong>(), TimeSpan.Zero);
            var after = new Stopwatch();
            while (after.Elapsed < Recovery)
            {
                if (changing.IsCompleted)
                {
                    after.Start();
                }

                rounds++;
                var missing = await MissingAsync(grains, expected);
                missed.UnionWith(missing);
                last = missing.Count > 0 ? started.Elapsed : last;
            }

            await changing;
            TestContext.Out.WriteLine($"{what}: of {expected.Count} edges {missed.Count} were not found for a time, the last one {last.TotalSeconds:0.0} s after the beginning; {rounds} rounds.");
            lost.AddRange((await MissingAsync(grains, expected)).Select(id => $"{what}: edge {id}"));
            if (missed.Count > 0)
            {
                lost.Add($"{what}: {missed.Count} edges were said to be offline for a time");
            }
        }
    }

    // The edges that their grain says are offline, or elsewhere. One that cannot be asked in this moment is none.
    private static async Task<HashSet<ulong>> MissingAsync(IGrainFactory grains, List<KeyValuePair<ulong, string>> expected)
    {
        var missing = new ConcurrentBag<ulong>();
        await Parallel.ForEachAsync(expected, new ParallelOptions { MaxDegreeOfParallelism = InFlight }, async (edge, _) =>
        {
            try
            {
                if ((await grains.GetEdge(edge.Key).LocateAsync())?.GatewayId != edge.Value)
                {
                    missing.Add(edge.Key);
                }
            }
            catch (Exception error) when (error is TimeoutException or OrleansException)
            {
                // Asked again in the next round.
            }
        });
        return [.. missing];
    }

    private static async Task<Dictionary<ulong, string>> WhereAsync(IEnumerable<ClusterProcess> gateways)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        var where = new Dictionary<ulong, string>();
        foreach (var gateway in gateways)
        {
            using var answer = JsonDocument.Parse(await http.GetStringAsync($"http://127.0.0.1:{gateway.ControlPort}/v1/edges?page=1&page_size=50000&scope=node"));
            if (answer.RootElement.TryGetProperty("edges", out var edges))
            {
                foreach (var edge in edges.EnumerateArray())
                {
                    where[ulong.Parse(edge.GetProperty("edge_id").GetString()!, CultureInfo.InvariantCulture)] = gateway.Name;
                }
            }
        }

        return where;
    }
}

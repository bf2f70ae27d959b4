using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Frontier.Cluster.Tests.Support;
using Frontier.Frontlas.V1;
using Grpc.Net.Client;
using ControlPlaneClient = Frontier.ControlPlane.V1.ControlPlane.ControlPlaneClient;

namespace Frontier.Cluster.Tests.Scale;

/// <summary>
/// Many edges on three gateways, counted and paged through control plane and façade, over gRPC and REST. There are 3,000 of them, or as many as the environment variable
/// <c>FRONTIER_SCALE_EDGES</c> says; what it takes is printed as a table.
/// </summary>
[TestFixture]
internal sealed class ListingTests : ClusterFixture
{
    private const int PageSize = 1000;
    private static readonly int s_edges = int.Parse(Environment.GetEnvironmentVariable("FRONTIER_SCALE_EDGES") ?? "3000", CultureInfo.InvariantCulture);

    [Test]
    public async Task Every_edge_is_counted_and_on_one_page_whoever_is_asked_and_over_whichever_protocol()
    {
        var silo = Cluster.Start("silo", ("log:level", "info"));
        ClusterProcess[] gateways = [.. Enumerable.Range(0, 3).Select(_ => Cluster.Start("gateway", ("log:level", "info")))];
        await Task.WhenAll(gateways.Append(silo).Select(process => process.WaitUntilReadyAsync()));
        using var controlPlane = GrpcChannel.ForAddress($"http://127.0.0.1:{gateways[0].ControlPort}", new GrpcChannelOptions { MaxReceiveMessageSize = 64 << 20 });
        using var frontlas = GrpcChannel.ForAddress($"http://127.0.0.1:{silo.FrontlasPort}");
        var lists = new ControlPlaneClient(controlPlane);
        var facade = new ClusterService.ClusterServiceClient(frontlas);
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(1) };

        var before = gateways.Append(silo).Sum(ResidentBytes);
        await using var load = EdgeLoad.Start(s_edges, gateways);
        var connecting = Stopwatch.StartNew();
        await Eventually.HoldsAsync(
            async () => load.HasEnded || (await lists.ListEdgesAsync(new() { Page = 1, PageSize = 1 })).Count == s_edges,
            $"{s_edges} edges are online",
            TimeSpan.FromMinutes(5));
        load.ThrowIfEnded();
        Print($"{s_edges:N0} edges on 3 gateways, online after {connecting.Elapsed.TotalSeconds:0.0} s; a silo and three gateways hold {Mebibytes(before)} MiB without them, "
            + $"{Mebibytes(gateways.Append(silo).Sum(ResidentBytes))} MiB with them");
        Print("| what | answers | time | CPU of all four | resident, all four |");
        Print("|---|---:|---:|---:|---:|");

        await MeasureAsync("count, control plane", async () => [(ulong)(await lists.ListEdgesAsync(new() { Page = 1, PageSize = 1 })).Count], counts: true);
        await MeasureAsync("count, façade", async () => [(await facade.GetEdgesCountAsync(new())).Count], counts: true);
        await MeasureAsync("pages of 1,000, control plane, gRPC", async () =>
        {
            var found = new List<ulong>();
            for (var page = 1; ; page++)
            {
                var answer = await lists.ListEdgesAsync(new() { Page = page, PageSize = PageSize });
                Assert.That(answer.Count, Is.EqualTo(s_edges));
                found.AddRange(answer.Edges.Select(edge => edge.EdgeId));
                if (answer.Edges.Count < PageSize)
                {
                    return found;
                }
            }
        });
        await MeasureAsync("pages of 1,000, control plane, REST", async () =>
        {
            var found = new List<ulong>();
            for (var page = 1; ; page++)
            {
                using var answer = JsonDocument.Parse(await http.GetStringAsync($"http://127.0.0.1:{gateways[1].ControlPort}/v1/edges?page={page}&page_size={PageSize}&order=edge_id"));
                var edges = Edges(answer.RootElement);
                found.AddRange(edges);
                if (edges.Count < PageSize)
                {
                    return found;
                }
            }
        });
        await MeasureAsync("all on one page, control plane, gRPC", async () =>
            [.. (await lists.ListEdgesAsync(new() { Page = 1, PageSize = Math.Min(s_edges, 50_000) })).Edges.Select(edge => edge.EdgeId)]);
        await MeasureAsync("cursors of 1,000, façade, gRPC", async () =>
        {
            var found = new List<ulong>();
            uint cursor = 0;
            do
            {
                var answer = await facade.ListEdgesAsync(new() { Cursor = cursor, Count = PageSize });
                found.AddRange(answer.Edges.Select(edge => edge.EdgeId));
                cursor = answer.Cursor;
            }
            while (cursor != 0);

            return found;
        });
        await MeasureAsync("cursors of 1,000, façade, REST", async () =>
        {
            var found = new List<ulong>();
            var cursor = "0";
            do
            {
                using var answer = JsonDocument.Parse(await http.GetStringAsync($"http://127.0.0.1:{silo.FrontlasPort}/cluster/v1/edges?cursor={cursor}&count={PageSize}"));
                found.AddRange(Edges(answer.RootElement));
                cursor = answer.RootElement.GetProperty("cursor").GetRawText();
            }
            while (cursor != "0");

            return found;
        });

        // Together they are all there are, and nobody is on two.
        var onNodes = 0L;
        foreach (var gateway in gateways)
        {
            using var answer = JsonDocument.Parse(await http.GetStringAsync($"http://127.0.0.1:{gateway.ControlPort}/v1/edges?page=1&page_size=1&scope=node"));
            onNodes += answer.RootElement.GetProperty("count").GetInt64();
        }

        Assert.That(onNodes, Is.EqualTo(s_edges));

        async Task MeasureAsync(string what, Func<Task<List<ulong>>> ask, bool counts = false)
        {
            await ask(); // Once before, so that the time is not the compiler's.
            var cpu = gateways.Append(silo).Sum(CpuSeconds);
            var time = Stopwatch.StartNew();
            var found = await ask();
            time.Stop();
            cpu = gateways.Append(silo).Sum(CpuSeconds) - cpu;
            Print($"| {what} | {(counts ? 1 : found.Count):N0} | {time.Elapsed.TotalMilliseconds:0} ms | {cpu * 1000:0} ms | {Mebibytes(gateways.Append(silo).Sum(ResidentBytes))} MiB |");
            if (counts)
            {
                Assert.That(found, Is.EqualTo(new[] { (ulong)s_edges }), what);
            }
            else
            {
                Assert.That(found, Has.Count.EqualTo(s_edges), what);
                Assert.That(found.Distinct().Count(), Is.EqualTo(s_edges), $"{what}: each once");
            }
        }
    }

    private static List<ulong> Edges(JsonElement answer) => answer.TryGetProperty("edges", out var edges)
        ? [.. edges.EnumerateArray().Select(edge => ulong.Parse(edge.GetProperty("edge_id").GetString()!, CultureInfo.InvariantCulture))]
        : [];

    private static void Print(string line) => TestContext.Out.WriteLine(line);

    private static string Mebibytes(long bytes) => (bytes >> 20).ToString(CultureInfo.InvariantCulture);

    private static long ResidentBytes(ClusterProcess process) => Read(process, static found => found.WorkingSet64);

    private static double CpuSeconds(ClusterProcess process) => Read(process, static found => found.TotalProcessorTime.TotalSeconds);

    private static T Read<T>(ClusterProcess process, Func<Process, T> read)
    {
        using var found = Process.GetProcessById(process.ProcessId);
        return read(found);
    }
}

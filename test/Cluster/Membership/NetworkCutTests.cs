using System.Net;
using Frontier.Cluster.Tests.Support;
using NUnit.Framework.Interfaces;

namespace Frontier.Cluster.Tests.Membership;

/// <summary>Packets between live processes are lost.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class NetworkCutTests
{
    // Longer than it takes to give up a process that nobody hears of (about 10 s).
    private static readonly TimeSpan LongCut = TimeSpan.FromSeconds(15);

    private FrontierCluster _cluster = null!;
    private ClusterProcess _one = null!;
    private ClusterProcess _other = null!;
    private FrontierService _services = null!;
    private FrontierService _otherServices = null!;
    private FrontierEdge _edge = null!;
    private FrontierEdge _otherEdge = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _cluster = await FrontierCluster.CreateOnNetworkAsync();
        var gateways = await _cluster.StartAsync(2);
        (_one, _other) = (gateways[0], gateways[1]);
        _services = await _one.ConnectServiceAsync("one");
        await _services.RegisterAsync("one", (request, _) => ValueTask.FromResult<CallResponse>(request.Payload));
        _otherServices = await _other.ConnectServiceAsync("other");
        await _otherServices.RegisterAsync("other", (request, _) => ValueTask.FromResult<CallResponse>(request.Payload));
        // The ids are that service's to give, so that an edge keeps its id wherever it comes from.
        await _otherServices.OnGetEdgeIdAsync((meta, _) => ValueTask.FromResult(BitConverter.ToUInt64(meta.Span)));
        _edge = await _one.ConnectEchoEdgeAsync(1, BitConverter.GetBytes(1UL));
        _otherEdge = await _other.ConnectEchoEdgeAsync(2, BitConverter.GetBytes(2UL));
        await AllReachAllAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == TestStatus.Failed)
        {
            _cluster?.PrintLogs();
        }

        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    [Test]
    public async Task Gateways_that_cannot_reach_each_other_serve_their_own_and_go_on_together_afterwards()
    {
        ClusterNetwork.Cut(_one.Host, _other.Host);
        // While the edge is online behind the cut, its id is wanted on this side.
        var moving = MoveAsync(_edge.EdgeId, _other);
        await ServeTheirOwnAsync(LongCut);
        var across = await CatchAsync(async () => await _edge.CallAsync("other", new byte[] { 1 }));
        Assert.That(across?.Code, Is.AnyOf(FrontierErrorCode.ServiceNotOnline, FrontierErrorCode.Timeout), "a clear answer, in time");

        ClusterNetwork.Heal(_one.Host, _other.Host);

        await using var moved = await moving.InTime();
        await _edge.Completion.InTime(); // There is one session for an id.
        _edge = moved;
        await AllReachAllAsync();
        Assert.That(_cluster.Processes.All(process => process.IsRunning), Is.True, "nobody was restarted");
        Assert.That(await HoldersAsync(moved.EdgeId), Is.EqualTo(new[] { _other.Name }));
    }

    [Test]
    public async Task A_gateway_that_is_cut_off_for_a_moment_loses_nobody()
    {
        _cluster.Network!.Isolate(_one.Host);
        await ServeTheirOwnAsync(TimeSpan.FromSeconds(4));
        _cluster.Network.Rejoin(_one.Host);

        await AllReachAllAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_edge.IsConnected && _otherEdge.IsConnected && _services.IsConnected && _otherServices.IsConnected, Is.True);
            Assert.That(_cluster.Processes.All(process => process.IsRunning), Is.True, "nobody was restarted");
        }
    }

    [Test]
    public async Task A_gateway_that_is_cut_off_for_long_serves_its_own_until_it_learns_that_it_was_given_up()
    {
        _cluster.Network!.Isolate(_one.Host);
        var moving = MoveAsync(_edge.EdgeId, _other);
        await ServeTheirOwnAsync(LongCut);
        await using var moved = await moving.InTime();
        Assert.That(await CatchAsync(async () => await _otherServices.CallAsync(moved.EdgeId, "echo", default)), Is.Null, "the others reach it where it is now");

        _cluster.Network.Rejoin(_one.Host);

        Assert.That(await _one.WaitForExitAsync(), Is.EqualTo(70), "to be started again");
        await _edge.Completion.InTime();
        _edge = moved;
        _one.Start();
        await _one.WaitUntilReadyAsync();
        _services = await _one.ConnectServiceAsync("one");
        await _services.RegisterAsync("one", (request, _) => ValueTask.FromResult<CallResponse>(request.Payload));
        await AllReachAllAsync();
        Assert.That(await HoldersAsync(moved.EdgeId), Is.EqualTo(new[] { _other.Name }));
    }

    private async Task AllReachAllAsync() => await Eventually.SucceedsAsync(
        async () =>
        {
            foreach (var edge in new[] { _edge, _otherEdge })
            {
                await edge.CallAsync("one", new byte[] { 1 });
                await edge.CallAsync("other", new byte[] { 2 });
                await _services.CallAsync(edge.EdgeId, "echo", new byte[] { 3 });
                await _otherServices.CallAsync(edge.EdgeId, "echo", new byte[] { 4 });
            }

            return true;
        },
        "all edges and services reach each other");

    // Every call within each gateway has to succeed.
    private async Task ServeTheirOwnAsync(TimeSpan time)
    {
        var end = DateTime.UtcNow + time;
        var calls = 0;
        while (DateTime.UtcNow < end)
        {
            await _edge.CallAsync("one", new byte[] { 1 });
            await _services.CallAsync(_edge.EdgeId, "echo", new byte[] { 2 });
            await _otherEdge.CallAsync("other", new byte[] { 3 });
            await _otherServices.CallAsync(_otherEdge.EdgeId, "echo", new byte[] { 4 });
            calls += 4;
            await Task.Delay(20);
        }

        TestContext.Out.WriteLine($"{calls} calls within the gateways meanwhile.");
    }

    private async Task<List<string>> HoldersAsync(ulong edgeId)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        var holders = new List<string>();
        foreach (var gateway in new[] { _one, _other })
        {
            if ((await http.GetAsync($"http://{gateway.Host.Address}:{gateway.ControlPort}/v1/edges/{edgeId}?scope=node")).StatusCode == HttpStatusCode.OK)
            {
                holders.Add(gateway.Name);
            }
        }

        return holders;
    }

    // As an edge that lost its connection without the gateway knowing: it tries until it is let in under its id.
    private static Task<FrontierEdge> MoveAsync(ulong id, ClusterProcess gateway) => Eventually.SucceedsAsync(
        () => gateway.ConnectEchoEdgeAsync(id, BitConverter.GetBytes(id)),
        "the edge logs in elsewhere under its id",
        Eventually.Deadline + LongCut);

    private static async Task<FrontierException?> CatchAsync(Func<Task> act)
    {
        try
        {
            await act();
            return null;
        }
        catch (FrontierException error)
        {
            return error;
        }
    }
}

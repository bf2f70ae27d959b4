using System.Net;
using System.Text;
using Frontier.Client;

namespace Frontier.Sdk.Tests.Cluster;

public sealed class ClusterServiceTests
{
    private LiveGateway _one = null!;
    private LiveGateway _two = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _one = await LiveGateway.StartAsync(("daemon:frontier_id", "one"));
        _two = await LiveGateway.StartAsync(("daemon:frontier_id", "two"));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Test]
    public async Task A_cluster_service_finds_the_gateway_through_the_facade_and_an_edge_finds_its_methods()
    {
        await using var service = await FrontierClusterService.ConnectAsync(new FrontierClusterServiceOptions
        {
            Frontlas = new Uri($"http://{_one.FrontlasEndPoint}"),
            Service = new FrontierServiceOptions { Name = "svc", Reconnect = Support.FastReconnect, Methods = Support.EchoMethod },
        }).InTime();
        await service.RegisterAsync("later", Support.Echo).InTime();
        var gateway = service.Gateways.Single();
        Assert.That((gateway.Id, gateway.State), Is.EqualTo(("one", FrontierConnectionState.Connected)));
        await using var edge = await FrontierEdge.ConnectAsync(_one.EdgeOptions with { Methods = Support.EchoMethod });
        Assert.That((await service.CallAsync(edge.EdgeId, "echo", new byte[] { 1 }).InTime()).Payload.Length, Is.EqualTo(1));
        Assert.That((await edge.CallAsync("echo", new byte[] { 1, 2 }).InTime()).Payload.Length, Is.EqualTo(2));
        Assert.That((await edge.CallAsync("later", new byte[] { 1, 2, 3 }).InTime()).Payload.Length, Is.EqualTo(3));
        await using var streams = service.AcceptStreamsAsync().GetAsyncEnumerator();
        await using var opened = await edge.OpenStreamAsync("svc", "hello"u8.ToArray()).InTime();
        Assert.That(await streams.MoveNextAsync().InTime());
        Assert.That(Encoding.UTF8.GetString(streams.Current.Meta.Span), Is.EqualTo("hello"));
    }

    [Test]
    public async Task A_call_that_fails_is_that_calls_business_and_the_connection_stays()
    {
        await using var service = await FrontierClusterService.ConnectAsync(new FrontierClusterServiceOptions
        {
            Gateways = [_one.ServiceEndPoint],
            Service = new FrontierServiceOptions { Reconnect = Support.FastReconnect },
        }).InTime();
        await using var edge = await FrontierEdge.ConnectAsync(_one.EdgeOptions);
        await edge.RegisterAsync("fail", (_, _) => throw new FrontierException(FrontierErrorCode.Unknown, "no ink")).InTime();
        var ids = service.Gateways.Select(gateway => gateway.ServiceId).ToArray();
        for (var i = 0; i < 5; i++)
        {
            var error = await Assert.ThrowsAsync<FrontierException>(() => service.CallAsync(edge.EdgeId, "fail", default).InTime());
            Assert.That((error!.Code, error.PeerText), Is.EqualTo((FrontierErrorCode.Unknown, "no ink")));
        }

        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => service.CallAsync(404, "echo", default).InTime()))!.Code, Is.EqualTo(FrontierErrorCode.EdgeNotOnline));
        Assert.That(service.Gateways.Select(gateway => gateway.ServiceId), Is.EqualTo(ids));
    }

    [Test]
    public async Task A_stale_route_is_forgotten_and_the_edge_found_where_it_is()
    {
        // Two gateways that do not know each other, and a façade that is the test's own: only the right gateway can do it.
        var holder = "one";
        using var facade = new Facade(() => [("one", _one.ServiceEndPoint), ("two", _two.ServiceEndPoint)], _ => holder);
        await using var service = await FrontierClusterService.ConnectAsync(Options(facade)).InTime();
        await Support.UntilAsync(() => service.Gateways.Count(gateway => gateway.State == FrontierConnectionState.Connected) == 2, "both are connected");
        var edge = await FrontierEdge.ConnectAsync(_one.EdgeOptions with { Id = 77, Methods = Support.EchoMethod });
        await service.CallAsync(77, "echo", default).InTime();
        await service.CallAsync(77, "echo", default).InTime();
        Assert.That(facade.Lookups, Is.EqualTo(1), "where the edge is, is remembered");
        await edge.DisposeAsync();
        await using var moved = await FrontierEdge.ConnectAsync(_two.EdgeOptions with { Id = 77, Methods = Support.EchoMethod });
        holder = "two";
        await Support.UntilAsync(() => facade.Lookups == 1, "nothing is looked up without a reason");
        await Support.SucceedsAsync(() => service.CallAsync(77, "echo", default));
        Assert.That(facade.Lookups, Is.GreaterThanOrEqualTo(2));
        Assert.That(service.Gateways.Select(gateway => gateway.State), Is.All.EqualTo(FrontierConnectionState.Connected));
    }

    [Test]
    public async Task Without_a_word_from_the_facade_any_gateway_is_asked_and_what_is_connected_stays()
    {
        using var facade = new Facade(() => [("one", _one.ServiceEndPoint)], _ => null);
        await using var service = await FrontierClusterService.ConnectAsync(Options(facade)).InTime();
        facade.IsDown = true;
        await using var edge = await FrontierEdge.ConnectAsync(_one.EdgeOptions with { Methods = Support.EchoMethod });
        await service.CallAsync(edge.EdgeId, "echo", default).InTime();
        var listed = facade.Listings;
        await Support.UntilAsync(() => facade.Listings >= listed + 2, "the gateways are asked for again");
        await service.CallAsync(edge.EdgeId, "echo", default).InTime();
        Assert.That(service.IsConnected);
    }

    [Test]
    public async Task Gateways_come_and_go_with_the_facades_list()
    {
        List<(string, IPEndPoint)> known = [("one", _one.ServiceEndPoint)];
        using var facade = new Facade(() => [.. known], _ => null);
        await using var service = await FrontierClusterService.ConnectAsync(Options(facade) with { Service = new FrontierServiceOptions { Methods = Support.EchoMethod, Reconnect = Support.FastReconnect } }).InTime();
        await service.RegisterAsync("late", Support.Echo).InTime();
        known = [("one", _one.ServiceEndPoint), ("two", _two.ServiceEndPoint)];
        await Support.UntilAsync(() => service.Gateways.Count(gateway => gateway.State == FrontierConnectionState.Connected) == 2, "the second is connected");
        await using var edge = await FrontierEdge.ConnectAsync(_two.EdgeOptions);
        await edge.CallAsync("echo", default).InTime();
        await edge.CallAsync("late", default).InTime();
        // What is connected is kept: the façade may have lost sight of it. What moved is followed.
        known = [("one", _one.ServiceEndPoint)];
        var listed = facade.Listings;
        await Support.UntilAsync(() => facade.Listings >= listed + 2, "the gateways are asked for again");
        Assert.That(service.Gateways, Has.Count.EqualTo(2));
        known = [("one", _two.ServiceEndPoint)];
        await Support.UntilAsync(() => service.Gateways.Any(gateway => gateway.Id == "one" && gateway.EndPoint.Equals(_two.ServiceEndPoint)), "the gateway's new address is used");
    }

    [Test]
    public async Task Presence_is_told_once_for_each_session_though_every_connection_hears_of_it()
    {
        // The same gateway under two names: two connections of this service, as to two gateways of a cluster.
        using var facade = new Facade(() => [("a", _one.ServiceEndPoint), ("b", _one.ServiceEndPoint)], _ => null);
        await using var service = await FrontierClusterService.ConnectAsync(Options(facade)).InTime();
        await Support.UntilAsync(() => service.Gateways.Count(gateway => gateway.State == FrontierConnectionState.Connected) == 2, "both are connected");
        var online = 0;
        var offline = 0;
        await service.OnEdgeOnlineAsync((_, _) =>
        {
            Interlocked.Increment(ref online);
            return default;
        }).InTime();
        await service.OnEdgeOfflineAsync((_, _) =>
        {
            Interlocked.Increment(ref offline);
            return default;
        }).InTime();
        for (var i = 1; i <= 5; i++)
        {
            var edge = await FrontierEdge.ConnectAsync(_one.EdgeOptions with { Id = 500 });
            await edge.DisposeAsync();
            await Support.UntilAsync(() => Volatile.Read(ref offline) == i, "the edge's going is told");
        }

        Assert.That((online, offline), Is.EqualTo((5, 5)));
    }

    [Test]
    public async Task A_gateway_that_is_not_there_does_not_keep_the_service_from_the_others()
    {
        await using var service = await FrontierClusterService.ConnectAsync(new FrontierClusterServiceOptions
        {
            Gateways = [new IPEndPoint(IPAddress.Loopback, 1), _one.ServiceEndPoint],
            Service = new FrontierServiceOptions { Reconnect = Support.FastReconnect },
        }).InTime();
        await using var edge = await FrontierEdge.ConnectAsync(_one.EdgeOptions with { Methods = Support.EchoMethod });
        await service.CallAsync(edge.EdgeId, "echo", default).InTime();
        await service.DisposeAsync();
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => service.CallAsync(edge.EdgeId, "echo", default).InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
    }

    [Test]
    public async Task A_facade_that_is_not_there_or_knows_nobody_is_an_error()
    {
        using var down = new Facade(() => [], _ => null) { IsDown = true };
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => FrontierClusterService.ConnectAsync(Options(down)).InTime()))!.IsRetryable);
        using var empty = new Facade(() => [], _ => null);
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => FrontierClusterService.ConnectAsync(Options(empty)).InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
        Assert.That((await Assert.ThrowsAsync<ArgumentException>(() => FrontierClusterService.ConnectAsync(new FrontierClusterServiceOptions())))!.ParamName, Is.EqualTo("Gateways"));
    }

    private static FrontierClusterServiceOptions Options(Facade facade) => new()
    {
        Frontlas = new Uri("http://facade"),
        FrontlasHandler = facade,
        RefreshInterval = TimeSpan.FromMilliseconds(50),
        Service = new FrontierServiceOptions { Reconnect = Support.FastReconnect },
    };

    /// <summary>A façade that says what the test says.</summary>
    private sealed class Facade(Func<IReadOnlyList<(string Id, IPEndPoint Address)>> list, Func<ulong, string?> find) : HttpMessageHandler
    {
        private int _listings;
        private int _lookups;

        public bool IsDown { get; set; }

        public int Listings => Volatile.Read(ref _listings);

        public int Lookups => Volatile.Read(ref _lookups);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var isList = request.RequestUri!.AbsolutePath.EndsWith("/frontiers", StringComparison.Ordinal);
            Interlocked.Increment(ref isList ? ref _listings : ref _lookups);
            if (IsDown)
            {
                throw new HttpRequestException("down");
            }

            if (isList)
            {
                var frontiers = list().Select(frontier => $$"""{"frontier_id":"{{frontier.Id}}","advertised_sb_addr":"{{frontier.Address}}","advertised_eb_addr":""}""");
                return Json($$"""{"frontiers":[{{string.Join(',', frontiers)}}]}""");
            }

            var edgeId = ulong.Parse(request.RequestUri.Query.Split('=')[1]);
            return find(edgeId) is { } id
                ? Json($$$"""{"fontier":{"frontier_id":"{{{id}}}"}}""")
                : Task.FromResult(new HttpResponseMessage(HttpStatusCode.NotFound));
        }

        private static Task<HttpResponseMessage> Json(string text) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(text, Encoding.UTF8, "application/json") });
    }
}

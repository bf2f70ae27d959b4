using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Identity;

/// <summary>Which id an edge gets, and who may refuse it.</summary>
public sealed class EdgeIdTests
{
    private static TestGateway Gateway => SharedGateway.Gateway;

    [Test]
    public async Task A_service_gives_the_id_by_the_edges_meta()
    {
        byte[] meta = [0, 1, 2, 255];
        byte[]? seen = null;
        await using var service = await Gateway.ConnectServiceAsync();
        await service.OnGetEdgeIdAsync((bytes, _) =>
        {
            seen = bytes.ToArray();
            return ValueTask.FromResult(ulong.MaxValue - 1);
        });
        await using var edge = await Gateway.ConnectEdgeAsync(id: 5, meta: meta);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(edge.EdgeId, Is.EqualTo(ulong.MaxValue - 1), "and not what the edge wished for");
            Assert.That(seen, Is.EqualTo(meta));
        }
    }

    [Test]
    public async Task A_service_that_gives_no_id_refuses_the_edge_with_its_text()
    {
        await using var service = await Gateway.ConnectServiceAsync();
        await service.OnGetEdgeIdAsync((_, _) => throw new FrontierException(FrontierErrorCode.Refused, "never seen this device"));
        await Sdk.FailsAsync(FrontierErrorCode.Refused, "never seen this device", () => Gateway.ConnectEdgeAsync());
    }

    [Test]
    public async Task An_answer_that_is_no_id_refuses_the_edge([Values(0, 7, 9)] int length)
    {
        await using var service = await GoPeer.ServiceAsync(Gateway);
        await service.ServeAsync("get_edge_id", request => GoPeer.Respond(request, new byte[length]));
        await Sdk.FailsAsync(FrontierErrorCode.Refused, "illegal edgeID", () => Gateway.ConnectEdgeAsync());
    }

    [Test]
    public async Task A_service_that_objects_to_an_edge_coming_online_refuses_it_and_the_edge_stays_unknown()
    {
        var objected = 0UL;
        await using var service = await Gateway.ConnectServiceAsync();
        await service.OnEdgeOnlineAsync((edge, _) =>
        {
            objected = edge.EdgeId;
            throw new FrontierException(FrontierErrorCode.Refused, "not today");
        });
        await Sdk.FailsAsync(FrontierErrorCode.Refused, "not today", () => Gateway.ConnectEdgeAsync());
        Assert.That(objected, Is.Not.Zero);
        await Sdk.FailsAsync(FrontierErrorCode.EdgeNotOnline, "edge not online", () => service.CallAsync(objected, "any", default).AsTask());
        await Eventually.HoldsAsync(async () => await Gateway.Grains.GetEdge(objected).DescribeAsync() is null, "the grain knows of no edge");
    }

    [Test]
    public async Task Without_a_service_that_gives_ids_every_edge_gets_one_of_its_own()
    {
        await using var first = await Gateway.ConnectEdgeAsync();
        await using var second = await Gateway.ConnectEdgeAsync();
        Assert.That(new[] { 0UL, first.EdgeId, second.EdgeId }, Is.Unique);
    }

    [Test]
    public async Task An_id_that_an_edge_wishes_for_is_its_own_while_nobody_online_has_it()
    {
        await using var first = await Gateway.ConnectEdgeAsync(id: 7001);
        await using var second = await Gateway.ConnectEdgeAsync(id: 7001);
        await using var service = await Gateway.ConnectServiceAsync();
        await first.RegisterAsync("still-here", Sdk.Echo);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.EdgeId, Is.EqualTo(7001));
            Assert.That(second.EdgeId, Is.Not.EqualTo(7001).And.Not.Zero);
            Assert.That((await service.CallAsync(7001, "still-here", "x"u8.ToArray()).InTime()).Payload.ToArray(), Is.EqualTo("x"u8.ToArray()));
        }

        await first.CloseAsync();
        await Eventually.HoldsAsync(async () => await Gateway.Grains.GetEdge(7001).DescribeAsync() is null, "the id is free");
        await using var third = await Gateway.ConnectEdgeAsync(id: 7001);
        Assert.That(third.EdgeId, Is.EqualTo(7001));
    }

    [Test]
    public async Task An_edge_that_lost_its_power_gets_its_id_back_in_seconds_and_services_hear_of_both_in_order([Values] bool plain)
    {
        await using var gateway = await TestGateway.StartAsync(("edgebound:probe_timeout", "00:00:00.2"));
        await using var service = await gateway.ConnectServiceAsync();
        var heard = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await service.OnEdgeOnlineAsync((edge, _) =>
        {
            heard.Enqueue($"{edge.EdgeId} online");
            return default;
        });
        await service.OnEdgeOfflineAsync((edge, _) =>
        {
            heard.Enqueue($"{edge.EdgeId} offline");
            return default;
        });
        await using var dead = await RawPeer.ConnectAsync(gateway.EdgePort); // Answers nothing more, and nobody has told its gateway.
        await dead.SendAsync(GoFrame.Conn(1, [], 7002));
        await dead.TakeAsync(FrameType.ConnAck);
        if (plain)
        {
            await using var back = await GoPeer.EdgeAsync(gateway, wantedId: 7002);
            Assert.That(back.Id, Is.EqualTo(7002));
        }
        else
        {
            await using var back = await gateway.ConnectEdgeAsync(7002, configure: o => o with { Features = new FrontierEdgeOptions().Features, AllowOtherId = false });
            Assert.That(back.EdgeId, Is.EqualTo(7002));
        }

        await dead.EndedAsync();
        await Eventually.HoldsAsync(() => heard.Count == 4, "both sessions came and went");
        Assert.That(heard, Is.EqualTo(new[] { "7002 online", "7002 offline", "7002 online", "7002 offline" }));
    }

    [Test]
    public async Task An_id_that_a_live_session_holds_is_refused_to_those_who_insist_on_it_and_nobody_hears_of_them([Values] bool plainHolder)
    {
        await using var gateway = await TestGateway.StartAsync(("edgebound:probe_timeout", "00:00:20"));
        await using var service = await gateway.ConnectServiceAsync();
        var online = 0;
        await service.OnEdgeOnlineAsync((_, _) =>
        {
            Interlocked.Increment(ref online);
            return default;
        });
        await using IAsyncDisposable holder = plainHolder ? await GoPeer.EdgeAsync(gateway, wantedId: 7003) : await gateway.ConnectEdgeAsync(7003);
        var error = await Sdk.CatchAsync(() => gateway.ConnectEdgeAsync(7003, configure: o => o with
        {
            Features = new FrontierEdgeOptions().Features,
            AllowOtherId = false,
            Reconnect = new ReconnectOptions { InitialDelay = TimeSpan.Zero, KeepIdFor = TimeSpan.Zero },
        }));
        Assert.That((error.Code, error.Message, online), Is.EqualTo((FrontierErrorCode.EdgeIdInUse, "edge id in use", 1)));
    }

    [Test]
    public async Task A_configuration_may_let_services_alone_give_ids_and_honour_no_wishes()
    {
        await using var strict = await TestGateway.StartAsync(("edgebound:edgeid_alloc_when_no_idservice_on", "false"));
        await Sdk.FailsAsync(FrontierErrorCode.Refused, "service not online", () => strict.ConnectEdgeAsync(id: 5));
        await using var service = await strict.ConnectServiceAsync();
        await service.OnGetEdgeIdAsync((_, _) => ValueTask.FromResult(77UL));
        await using var edge = await strict.ConnectEdgeAsync();
        Assert.That(edge.EdgeId, Is.EqualTo(77));
        Assert.That((await strict.MetricsAsync()).Value("frontier_refusals_total", ("peer", "edge"), ("reason", "no_id_service")), Is.EqualTo(1));
    }

    [Test]
    public async Task A_configuration_may_honour_no_wishes()
    {
        await using var strict = await TestGateway.StartAsync(("edgebound:honour_requested_id", "false"));
        await using var edge = await strict.ConnectEdgeAsync(id: 5);
        Assert.That(edge.EdgeId, Is.Not.EqualTo(5).And.Not.Zero);
    }

    [Test]
    public async Task A_service_that_leaves_while_it_is_asked_does_not_keep_an_edge_out()
    {
        await using var leaving = await GoPeer.ServiceAsync(Gateway);
        await leaving.ServeAsync("get_edge_id", _ =>
        {
            leaving.Reset();
            return null;
        });
        await using var edge = await Gateway.ConnectEdgeAsync();
        Assert.That(edge.EdgeId, Is.Not.Zero);
    }

    [Test]
    public async Task An_id_service_that_answers_0_leaves_the_choice_to_the_gateway()
    {
        await using var service = await GoPeer.ServiceAsync(Gateway);
        await service.ServeAsync("get_edge_id", request => GoPeer.Respond(request, new byte[sizeof(ulong)]));
        await using var first = await GoPeer.EdgeAsync(Gateway);
        await using var second = await GoPeer.EdgeAsync(Gateway);
        Assert.That(new[] { 0UL, first.Id, second.Id }, Is.Unique);
    }
}

using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.GrainInterfaces;

namespace Frontier.EndToEnd.Tests.Identity;

/// <summary>What services hear of edges that come and go, and how a newer session takes an id over.</summary>
public sealed class PresenceTests
{
    private static TestGateway Gateway => SharedGateway.Gateway;

    [Test]
    public async Task A_service_hears_of_an_edge_that_comes_and_goes_with_the_same_epoch()
    {
        await using var service = await Gateway.ConnectServiceAsync();
        var presence = await PresenceLog.OfAsync(service);
        var edge = await Gateway.ConnectEdgeAsync(meta: [1, 2, 3]);
        Assert.That(presence.Of(edge.EdgeId), Has.Count.EqualTo(1), "it is heard of before it is let in");
        await edge.CloseAsync();
        await presence.OfflineAsync(edge.EdgeId);
        var (online, offline) = (presence.Of(edge.EdgeId)[0], presence.Of(edge.EdgeId)[1]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((online.Online, offline.Online), Is.EqualTo((true, false)));
            Assert.That(online.Edge.Meta.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
            Assert.That(online.Edge.Address, Does.Match(@"^127\.0\.0\.1:\d+$"));
            Assert.That(online.Edge.Epoch, Is.Positive);
            Assert.That(offline.Edge with { Meta = default }, Is.EqualTo(online.Edge with { Meta = default }));
            Assert.That(offline.Edge.Meta.ToArray(), Is.EqualTo(online.Edge.Meta.ToArray()));
        }
    }

    [Test]
    public async Task An_edge_whose_connection_breaks_is_reported_too()
    {
        await using var service = await Gateway.ConnectServiceAsync();
        var presence = await PresenceLog.OfAsync(service);
        var edge = await GoPeer.EdgeAsync(Gateway);
        edge.Reset();
        await presence.OfflineAsync(edge.Id);
        await edge.DisposeAsync();
    }

    [Test]
    public async Task A_newer_session_of_an_id_ends_the_older_one_whose_offline_carries_the_older_epoch()
    {
        const ulong Id = 8001;
        await using var service = await Gateway.ConnectServiceAsync();
        var presence = await PresenceLog.OfAsync(service);
        await service.OnGetEdgeIdAsync((_, _) => ValueTask.FromResult(Id));
        await using var older = await Gateway.ConnectEdgeAsync();
        await using var newer = await Gateway.ConnectEdgeAsync();
        await newer.RegisterAsync("which", (_, _) => ValueTask.FromResult<CallResponse>("newer"u8.ToArray()));
        await older.Completion.InTime();
        await presence.OfflineAsync(Id);
        var answer = await service.CallAsync(Id, "which", default).InTime();
        var heard = presence.Of(Id);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.Payload.ToArray(), Is.EqualTo("newer"u8.ToArray()));
            Assert.That(newer.IsConnected, Is.True);
            Assert.That(heard.Select(item => item.Online), Is.EqualTo(new[] { true, true, false }));
            Assert.That(heard[1].Edge.Epoch, Is.GreaterThan(heard[0].Edge.Epoch));
            Assert.That(heard[2].Edge.Epoch, Is.EqualTo(heard[0].Edge.Epoch));
        }
    }

    [Test]
    public async Task A_newer_session_that_is_refused_leaves_the_older_one_where_it_is()
    {
        const ulong Id = 8002;
        await using var service = await Gateway.ConnectServiceAsync();
        await service.OnGetEdgeIdAsync((_, _) => ValueTask.FromResult(Id));
        await using var older = await Gateway.ConnectEdgeAsync();
        await older.RegisterAsync("which", (_, _) => ValueTask.FromResult<CallResponse>("older"u8.ToArray()));
        await service.OnEdgeOnlineAsync((_, _) => throw new FrontierException(FrontierErrorCode.Refused, "one is enough"));
        await Sdk.FailsAsync(FrontierErrorCode.Refused, "one is enough", () => Gateway.ConnectEdgeAsync());
        Assert.That((await service.CallAsync(Id, "which", default).InTime()).Payload.ToArray(), Is.EqualTo("older"u8.ToArray()));
        Assert.That(older.IsConnected, Is.True);
        Assert.That((await Gateway.Grains.GetEdge(Id).CallAsync(new CallRequest("which", default))).Payload.ToArray(), Is.EqualTo("older"u8.ToArray()));
    }

    [Test]
    public async Task A_service_id_that_is_wished_for_is_granted_and_an_older_session_of_it_ends()
    {
        await using var older = await Gateway.ConnectServiceAsync("one", id: 9001);
        await older.RegisterAsync("which-service", (_, _) => ValueTask.FromResult<CallResponse>("older"u8.ToArray()));
        await using var newer = await Gateway.ConnectServiceAsync("one", id: 9001);
        await newer.RegisterAsync("which-service", (_, _) => ValueTask.FromResult<CallResponse>("newer"u8.ToArray()));
        await older.Completion.InTime();
        await using var edge = await Gateway.ConnectEdgeAsync();
        var answer = await edge.CallAsync("which-service", default).InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((older.ServiceId, newer.ServiceId), Is.EqualTo((9001, 9001)));
            Assert.That(answer.Payload.ToArray(), Is.EqualTo("newer"u8.ToArray()));
        }
    }

    [TestCase("no json")]
    [TestCase("[]")]
    [TestCase("{\"service\":1}")]
    [TestCase("{\"service\":\"\\ud800\"}")]
    [TestCase("{\"topics\":\"not a list\"}")]
    [TestCase("{\"topics\":[null]}")]
    public async Task A_service_whose_meta_makes_no_sense_is_refused_and_disconnected(string meta)
    {
        await using var service = await GoPeer.DialAsync(Gateway, PeerSide.Service);
        var ack = await service.TryLogInAsync(System.Text.Encoding.UTF8.GetBytes(meta));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ack.IsAccepted, Is.False);
            Assert.That(ack.Error, Does.StartWith("illegal service meta"));
        }

        await service.TakeAsync(Protocol.FrameType.DisConn);
        service.EndSending();
        await service.EndedAsync();
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("{}")]
    [TestCase("{\"service\":\"\",\"topics\":null}")]
    [TestCase("{\"service\":null,\"topics\":[],\"later\":{\"versions\":[1]}}")]
    public async Task A_service_without_name_and_topics_is_one_too(string meta)
    {
        await using var service = await GoPeer.DialAsync(Gateway, PeerSide.Service);
        Assert.That((await service.TryLogInAsync(System.Text.Encoding.UTF8.GetBytes(meta))).IsAccepted, Is.True);
    }
}

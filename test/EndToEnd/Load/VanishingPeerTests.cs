using Frontier.EndToEnd.Tests.Support;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Load;

/// <summary>Peers that are gone in the middle of something: whoever waits for them hears of it at once.</summary>
public sealed class VanishingPeerTests
{
    private static TestGateway Gateway => SharedGateway.Gateway;

    [Test]
    public async Task A_service_that_waits_for_an_edge_hears_that_it_is_gone([Values] bool inGoodOrder)
    {
        await using var service = await Gateway.ConnectServiceAsync();
        await using var edge = await GoPeer.EdgeAsync(Gateway);
        await edge.ServeAsync("never", _ => null);
        var calls = Enumerable.Range(0, 10).Select(_ => service.CallAsync(edge.Id, "never", default).AsTask()).ToList();
        var message = service.PublishAsync(edge.Id, "", default).AsTask();
        await edge.TakeAsync(FrameType.Message);
        await LeaveAsync(edge, inGoodOrder);
        foreach (var waiting in calls.Append<Task>(message))
        {
            await Sdk.FailsAsync(FrontierErrorCode.EdgeNotOnline, "edge not online", () => waiting);
        }
    }

    [Test]
    public async Task An_edge_that_waits_for_a_service_hears_that_it_is_gone([Values] bool inGoodOrder)
    {
        await using var edge = await Gateway.ConnectEdgeAsync();
        await using var service = await GoPeer.ServiceAsync(Gateway, "", ["vanishing"]);
        await service.ServeAsync("never-up", _ => null);
        var calls = Enumerable.Range(0, 10).Select(_ => edge.CallAsync("never-up", default).AsTask()).ToList();
        var message = edge.PublishAsync("vanishing", default).AsTask();
        await service.TakeAsync(FrameType.Message);
        await LeaveAsync(service, inGoodOrder);
        foreach (var waiting in calls.Append<Task>(message))
        {
            await Sdk.FailsAsync(FrontierErrorCode.ServiceNotOnline, "service not online", () => waiting);
        }
    }

    [Test]
    public async Task A_stream_that_is_being_opened_fails_when_its_far_end_goes()
    {
        await using var service = await Gateway.ConnectServiceAsync();
        await using var edge = await GoPeer.EdgeAsync(Gateway);
        var toEdge = service.OpenStreamAsync(edge.Id);
        await edge.TakeAsync(FrameType.Session);
        edge.Reset();
        await Sdk.FailsAsync(FrontierErrorCode.EdgeNotOnline, "edge not online", () => toEdge);

        await using var other = await Gateway.ConnectEdgeAsync();
        await using var leaving = await GoPeer.ServiceAsync(Gateway, "leaving");
        var toService = other.OpenStreamAsync("leaving");
        await leaving.TakeAsync(FrameType.Session);
        leaving.Reset();
        await Sdk.FailsAsync(FrontierErrorCode.ServiceNotOnline, "service not online", () => toService);
    }

    [Test]
    public async Task A_stream_whose_far_end_is_gone_is_cut_and_does_not_look_as_if_it_had_come_to_its_end()
    {
        await using var service = await Gateway.ConnectServiceAsync("stream-end");
        await using var edge = await GoPeer.EdgeAsync(Gateway);
        var accepted = service.AcceptStreamsAsync().NextAsync();
        var sessionId = (await edge.OpenStreamAsync("stream-end")).AgreedSessionId;
        await using var stream = await accepted.InTime();
        await edge.PostAsync(GoFrame.Stream(edge.NextPacketId(), sessionId, "not all there is"u8));
        var read = new byte[16];
        await stream.ReadExactlyAsync(read).InTime();
        edge.Reset();
        Assert.That(read, Is.EqualTo("not all there is"u8.ToArray()));
        Assert.That(async () => await stream.ReadAsync(read).InTime(), Throws.InstanceOf<IOException>());
        Assert.That(async () => await stream.WriteAsync(read).InTime(), Throws.InstanceOf<IOException>());
        Assert.That(service.IsConnected, Is.True);
    }

    [Test]
    public async Task A_go_peer_hears_that_its_streams_far_end_is_gone_as_the_end_of_the_stream()
    {
        await using var service = await GoPeer.ServiceAsync(Gateway, "go-stream-end");
        await using var edge = await GoPeer.EdgeAsync(Gateway);
        var open = edge.OpenStreamAsync("go-stream-end");
        var session = await service.AcceptStreamAsync();
        await open;
        edge.Reset();
        var end = await service.TakeAsync(FrameType.Dismiss);
        Assert.That(end.SessionId, Is.EqualTo(session.NegotiateId));
        Assert.That(end.Error, Is.EqualTo("connection lost"));
    }

    [Test]
    public async Task An_opener_that_leaves_before_the_stream_is_agreed_to_leaves_nothing_open()
    {
        await using var service = await GoPeer.ServiceAsync(Gateway, "hesitant");
        await using var edge = await GoPeer.EdgeAsync(Gateway);
        var packetId = edge.NextPacketId();
        await edge.PostAsync(GoFrame.Session(packetId, packetId, "hesitant"));
        var session = await service.TakeAsync(FrameType.Session);
        edge.Reset();
        await Eventually.HoldsAsync(async () => await Gateway.Grains.GetEdge(edge.Id).DescribeAsync() is null, "the edge is gone");
        await service.PostAsync(GoFrame.SessionAck(session.PacketId, session.NegotiateId));
        Assert.That((await service.TakeAsync(FrameType.Dismiss)).SessionId, Is.EqualTo(session.NegotiateId));
    }

    [Test]
    public async Task Edges_that_come_and_go_all_the_time_leave_nothing_behind()
    {
        const int Rounds = 200;
        await using var service = await Gateway.ConnectServiceAsync();
        var presence = await PresenceLog.OfAsync(service);
        await Parallel.ForAsync(0, Rounds, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var edge = await GoPeer.EdgeAsync(Gateway);
            if (i % 2 == 0)
            {
                edge.Reset();
            }
            else
            {
                await edge.CloseAsync();
            }

            await edge.DisposeAsync();
        });
        await Eventually.HoldsAsync(() => presence.Events.Count == 2 * Rounds, "every edge came and went");
        Assert.That(presence.Events.GroupBy(item => item.Edge).Select(sessions => sessions.Select(item => item.Online)), Is.All.EqualTo(new[] { true, false }));
        await Eventually.HoldsAsync(async () => (await Gateway.MetricsAsync()).Value("frontier_connections", ("peer", "edge")) == 0, "nobody is connected");
    }

    private static async Task LeaveAsync(GoPeer peer, bool inGoodOrder)
    {
        if (inGoodOrder)
        {
            await peer.CloseAsync();
        }
        else
        {
            peer.Reset();
        }
    }
}

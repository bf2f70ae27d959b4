using System.Net;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Limits;

/// <summary>
/// Every limit of the configuration: who reaches it hears its name, <c>/metrics</c> counts it under its name, and everything below it works. Frame
/// size, handshake time, outbound bytes and slow consumers have tests of their own (<see cref="FrameLimitTests"/>,
/// <see cref="HostilePeers.StallingPeerTests"/>, <see cref="SlowReaderTests"/>).
/// </summary>
public sealed class LimitTests
{
    private const int Methods = 3;
    private const int Streams = 4;
    private const int InFlight = 5;
    private const int MetaBytes = 1024;
    private const int NameBytes = 32;
    private const int PerSource = 12;
    private const int Total = 16;

    private TestGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await TestGateway.StartAsync(
        ("limits:max_methods_per_connection", $"{Methods}"),
        ("limits:max_sessions_per_connection", $"{Streams}"),
        ("limits:max_in_flight_per_connection", $"{InFlight}"),
        ("limits:max_meta_bytes", $"{MetaBytes}"),
        ("limits:max_name_bytes", $"{NameBytes}"),
        ("limits:max_connections_per_source", $"{PerSource}"),
        ("limits:max_connections", $"{Total}"),
        ("limits:close_timeout", "1s"));

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [Test]
    public async Task Methods_per_connection([Values] PeerSide side)
    {
        await using var peer = await PeerAsync(side);
        for (var i = 0; i < Methods; i++)
        {
            Assert.That(await RegisterAsync(peer, $"m{i}"), Is.Empty);
        }

        Assert.That(await RegisterAsync(peer, "m0"), Is.Empty, "once more is not one more");
        await CountsAsync("frontier_refusals_total", side, "too_many_methods", async () =>
            Assert.That(await RegisterAsync(peer, "one more"), Is.EqualTo("too many methods")));
    }

    [Test]
    public async Task Length_of_names_of_methods([Values] PeerSide side)
    {
        await using var peer = await PeerAsync(side);
        Assert.That(await RegisterAsync(peer, new string('m', NameBytes)), Is.Empty);
        await CountsAsync("frontier_refusals_total", side, "name_too_large", async () =>
            Assert.That(await RegisterAsync(peer, new string('m', NameBytes + 1)), Is.EqualTo("method name too large")));
    }

    [Test]
    public async Task Length_of_names_that_are_asked_for()
    {
        await using var service = await GoPeer.ServiceAsync(_gateway, "", [new string('t', NameBytes)]);
        service.OnMessage = message => GoPeer.Acknowledge(message);
        await service.ServeEchoAsync(new string('m', NameBytes));
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await edge.CallAsync(new string('m', NameBytes))).Error, Is.Empty);
            Assert.That((await edge.CallAsync(new string('m', NameBytes + 1))).Error, Is.EqualTo("too large"));
            Assert.That((await edge.PublishAsync(new string('t', NameBytes), default)).Error, Is.Empty);
            Assert.That((await edge.PublishAsync(new string('t', NameBytes + 1), default)).Error, Is.EqualTo("too large"));
            Assert.That((await edge.OpenStreamAsync(new string('s', NameBytes + 1))).Error, Is.EqualTo("too large"));
        }
    }

    [Test]
    public async Task Length_of_names_that_a_service_connects_with()
    {
        await using var service = await GoPeer.DialAsync(_gateway, PeerSide.Service);
        await CountsAsync("frontier_refusals_total", PeerSide.Service, "illegal_meta", async () =>
            Assert.That((await service.TryLogInAsync(GoPeer.ServiceMeta(new string('s', NameBytes + 1)))).Error, Is.EqualTo($"illegal service meta: a name of more than {NameBytes} bytes")));
    }

    [Test]
    public async Task Metadata_of_a_login([Values] PeerSide side)
    {
        await using var fits = await GoPeer.DialAsync(_gateway, side);
        var meta = side == PeerSide.Edge ? new byte[MetaBytes] : [.. "{}"u8, .. Enumerable.Repeat((byte)' ', MetaBytes - 2)];
        Assert.That((await fits.TryLogInAsync(meta)).IsAccepted, Is.True);
        await using var peer = await GoPeer.DialAsync(_gateway, side);
        await CountsAsync("frontier_refusals_total", side, "meta_too_large", async () =>
            Assert.That((await peer.TryLogInAsync([.. meta, 32])).Error, Is.EqualTo($"metadata too large: the limit is {MetaBytes} bytes")));
    }

    [Test]
    public async Task Metadata_of_a_stream()
    {
        await using var service = await _gateway.ConnectServiceAsync("meta");
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        Assert.That((await edge.OpenStreamAsync("meta", new byte[MetaBytes])).Error, Is.Empty);
        await CountsAsync("frontier_refusals_total", PeerSide.Edge, "meta_too_large", async () =>
            Assert.That((await edge.OpenStreamAsync("meta", new byte[MetaBytes + 1])).Error, Is.EqualTo("too large")));
    }

    [Test]
    public async Task Streams_per_connection([Values] PeerSide opener)
    {
        await using var service = await GoPeer.ServiceAsync(_gateway, "streams");
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        var (near, far, peer) = opener == PeerSide.Edge ? (edge, service, "streams") : (service, edge, $"{edge.Id}");
        var sessions = new List<ulong>();
        for (var i = 0; i < Streams; i++)
        {
            sessions.Add(await OpenAsync());
        }

        await CountsAsync("frontier_refusals_total", opener, "too_many_streams", async () =>
            Assert.That((await near.OpenStreamAsync(peer)).Error, Is.EqualTo("too many streams")));

        // A refused stream ends at once, and a stream that ends makes room for another.
        var refused = await near.TakeAsync(FrameType.Dismiss);
        Assert.That(refused.Error, Is.EqualTo("too many streams"));
        await near.DismissAsync(refused.SessionId);
        await near.DismissAsync(sessions[0]);
        await far.DismissAsync((await far.TakeAsync(FrameType.Dismiss)).SessionId);
        await near.TakeAsync(frame => frame.Type == FrameType.Dismiss && frame.SessionId == sessions[0], "the end of the stream");
        await OpenAsync();

        async Task<ulong> OpenAsync()
        {
            var open = near.OpenStreamAsync(peer);
            await far.AcceptStreamAsync();
            return (await open).AgreedSessionId;
        }
    }

    [Test]
    public async Task Requests_in_flight_from_one_peer([Values] PeerSide caller)
    {
        await using var service = await GoPeer.ServiceAsync(_gateway);
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        var (near, far, custom) = caller == PeerSide.Edge ? (edge, service, []) : (service, edge, GoFrame.Id(edge.Id));
        await far.ServeAsync("hold", _ => null);
        var held = new List<ulong>();
        for (var i = 0; i < InFlight; i++)
        {
            held.Add(await near.StartCallAsync("hold", default, custom));
        }

        var label = caller == PeerSide.Edge ? "edge_to_service" : "service_to_edge";
        var before = (await _gateway.MetricsAsync()).Value("frontier_calls_total", ("direction", label), ("result", "rate_limited"));
        Assert.That((await near.CallAsync("hold", default, custom)).Error, Is.EqualTo("too many requests in flight"));
        Assert.That((await _gateway.MetricsAsync()).Value("frontier_calls_total", ("direction", label), ("result", "rate_limited")), Is.EqualTo(before + 1));

        // An answer makes room for another call.
        await far.PostAsync(GoPeer.Respond(await far.TakeAsync(FrameType.Request), "done"u8));
        Assert.That((await near.TakeAsync(FrameType.Response)).Payload, Is.EqualTo("done"u8.ToArray()));
        await near.StartCallAsync("hold", default, custom);
        for (var i = 0; i < InFlight; i++)
        {
            await far.PostAsync(GoPeer.Respond(await far.TakeAsync(FrameType.Request), "done"u8));
            Assert.That((await near.TakeAsync(FrameType.Response)).Error, Is.Empty);
        }
    }

    [Test]
    public async Task Requests_in_flight_to_one_peer()
    {
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        await edge.ServeAsync("hold", _ => null);
        await using var first = await GoPeer.ServiceAsync(_gateway);
        await using var second = await GoPeer.ServiceAsync(_gateway);
        for (var i = 0; i < InFlight; i++)
        {
            await first.StartCallAsync("hold", default, GoFrame.Id(edge.Id));
            await edge.TakeAsync(FrameType.Request);
        }

        Assert.That((await second.CallAsync("hold", default, GoFrame.Id(edge.Id))).Error, Is.EqualTo("too many requests in flight"));
    }

    [Test]
    public async Task Connections_from_one_address_and_in_total()
    {
        await Eventually.HoldsAsync(async () => (await _gateway.MetricsAsync()).Value("frontier_connections") == 0, "the connections of other tests are gone");
        var peers = new List<IAsyncDisposable>();
        for (var i = 0; i < PerSource; i++)
        {
            peers.Add(TestGateway.IsSplit || i % 2 == 0 ? await _gateway.ConnectEdgeAsync() : await _gateway.ConnectServiceAsync());
        }

        await CountsAsync("frontier_refusals_total", PeerSide.Edge, "too_many_connections_from_source", () => TurnedAwayAsync("127.0.0.1"));
        for (var i = PerSource; i < Total; i++)
        {
            peers.Add(await ConnectFromAsync("127.0.0.2"));
        }

        await CountsAsync("frontier_refusals_total", PeerSide.Edge, "too_many_connections", () => TurnedAwayAsync("127.0.0.3"));

        // Who leaves makes room.
        await peers[0].DisposeAsync();
        peers.RemoveAt(0);
        await Eventually.HoldsAsync(
            async () =>
            {
                try
                {
                    peers.Add(await ConnectFromAsync("127.0.0.1"));
                    return true;
                }
                catch (FrontierException)
                {
                    return false;
                }
            },
            "there is room again");
        foreach (var peer in peers)
        {
            await peer.DisposeAsync();
        }

        Task<FrontierEdge> ConnectFromAsync(string address) =>
            _gateway.ConnectEdgeAsync(configure: options => options with { LocalEndPoint = new IPEndPoint(IPAddress.Parse(address), 0) });

        async Task TurnedAwayAsync(string address) => Assert.That((await Sdk.CatchAsync(() => ConnectFromAsync(address))).Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
    }

    [Test]
    public async Task Time_for_the_closing_handshake()
    {
        await using var edge = await RawPeer.ConnectAsync(_gateway.EdgePort);
        await edge.SendAsync(GoFrame.Conn(1));
        var ack = await edge.TakeAsync(FrameType.ConnAck);
        await CountsAsync("frontier_connections_closed_total", PeerSide.Edge, "kicked", async () =>
        {
            Assert.That(await _gateway.Grains.GetEdge(ack.ClientId).KickAsync(), Is.True);
            await edge.TakeAsync(FrameType.Dismiss); // And no answer to it.
            await edge.EndedAsync();
        });
    }

    private static async Task<string> RegisterAsync(GoPeer peer, string method)
    {
        var register = GoFrame.Register(peer.NextPacketId(), method);
        await peer.PostAsync(register);
        return (await peer.TakeAsync(FrameType.RegisterAck, register.PacketId)).Error;
    }

    private Task<GoPeer> PeerAsync(PeerSide side) => side == PeerSide.Edge ? GoPeer.EdgeAsync(_gateway) : GoPeer.ServiceAsync(_gateway);

    private async Task CountsAsync(string metric, PeerSide side, string reason, Func<Task> act)
    {
        var label = side == PeerSide.Edge ? "edge" : "service";
        var before = (await _gateway.MetricsAsync()).Value(metric, ("peer", label), ("reason", reason));
        await act();
        await Eventually.HoldsAsync(
            async () => (await _gateway.MetricsAsync()).Value(metric, ("peer", label), ("reason", reason)) == before + 1,
            $"{metric} counts one more {reason}");
    }
}

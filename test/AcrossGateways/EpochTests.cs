using System.Net;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;

namespace Frontier.AcrossGateways.Tests;

/// <summary>Epochs only grow, though the clocks of the gateways disagree.</summary>
[TestFixture]
public sealed class EpochTests
{
    private const ulong EdgeId = 4242;
    private const ulong ServiceId = 77;

    [Test]
    public async Task Who_comes_back_from_a_lost_gateway_whose_clock_was_an_hour_ahead_is_found_at_once()
    {
        await using var gateway = await TestGateway.StartAsync(new ClockAhead(TimeSpan.FromHours(1)));
        await using var listener = await ConnectServiceAsync(gateway.OtherServicePort, "listener", id: 0);
        var presence = await PresenceLog.OfAsync(listener);
        await using var lostService = await ConnectServiceAsync(gateway.ServicePort, "worker", ServiceId);
        await lostService.RegisterAsync("work", (_, _) => ValueTask.FromResult<CallResponse>("lost"u8.ToArray()));
        await using var lostEdge = await ConnectEdgeAsync(gateway, gateway.OtherEdgePort);
        var before = presence.Of(EdgeId).Single(heard => heard.Online).Edge.Epoch;
        Assert.That(before, Is.GreaterThan(Micros(DateTimeOffset.UtcNow + TimeSpan.FromMinutes(59))), "the gateway's clock is ahead");

        await gateway.LoseServicesAsync();
        await Task.WhenAll(lostEdge.Completion, lostService.Completion).InTime();
        await using var service = await ConnectServiceAsync(gateway.OtherServicePort, "worker", ServiceId);
        await service.RegisterAsync("work", (_, _) => ValueTask.FromResult<CallResponse>("back"u8.ToArray()));
        await using var edge = await ConnectEdgeAsync(gateway, gateway.EdgePort);

        var answer = await edge.CallAsync("work", default).InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.Payload.ToArray(), Is.EqualTo("back"u8.ToArray()), "the service that is back is the one that is asked");
            Assert.That(presence.Of(EdgeId).Last(heard => heard.Online).Edge.Epoch, Is.GreaterThan(before), "a later session has a larger epoch");
        }
    }

    private static Task<FrontierEdge> ConnectEdgeAsync(TestGateway gateway, int port) =>
        gateway.ConnectEdgeAsync(EdgeId, configure: options => options with { EndPoint = new IPEndPoint(IPAddress.Loopback, port) });

    private static Task<FrontierService> ConnectServiceAsync(int port, string name, ulong id) => FrontierService.ConnectAsync(new FrontierServiceOptions
    {
        EndPoint = new IPEndPoint(IPAddress.Loopback, port),
        Name = name,
        Id = id,
        Reconnect = null,
    });

    private static long Micros(DateTimeOffset moment) => (moment - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private sealed class ClockAhead(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}

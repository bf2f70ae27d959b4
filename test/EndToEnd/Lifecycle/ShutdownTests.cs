using System.Net.Sockets;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Lifecycle;

/// <summary>The gateway leaves in good order.</summary>
public sealed class ShutdownTests
{
    [Test]
    public async Task At_shutdown_services_hear_once_of_every_edge_that_goes_and_everybody_gets_a_proper_goodbye()
    {
        const int Edges = 20;
        // Half of the time is for the call that is never answered; what the Go service does not acknowledge must fit into the rest.
        await using var gateway = await TestGateway.StartAsync(("daemon:drain_timeout", "8s"), ("limits:close_timeout", "1s"));
        await using var service = await gateway.ConnectServiceAsync();
        var presence = await PresenceLog.OfAsync(service);
        await using var goService = await GoPeer.ServiceAsync(gateway);
        var edges = await Task.WhenAll(Enumerable.Range(0, Edges).Select(_ => gateway.ConnectEdgeAsync()));
        var handled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await edges[0].RegisterAsync("never", (request, cancellationToken) =>
        {
            handled.TrySetResult();
            return Sdk.Never(request, cancellationToken);
        });
        var inFlight = service.CallAsync(edges[0].EdgeId, "never", default).AsTask();
        await handled.Task.InTime(); // Otherwise it might come when the edge has gone.

        await gateway.StopAsync().InTime();
        var reasons = await Task.WhenAll(edges.Select(edge => edge.Completion).Append(service.Completion)).InTime();
        var heard = presence.Events.Where(item => !item.Online).Select(item => item.Edge.EdgeId).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(heard, Is.EquivalentTo(edges.Select(edge => edge.EdgeId)), "each once");
            Assert.That(reasons, Is.All.EqualTo(DisconnectReason.Closed), "a closing handshake, not a cut");
            Assert.That((await Sdk.CatchAsync(() => inFlight)).Code, Is.EqualTo(FrontierErrorCode.EdgeNotOnline));
            Assert.That(gateway.Log.Errors, Is.Empty, string.Join('\n', gateway.Log.Errors));
        }

        await goService.TakeAsync(FrameType.Dismiss);
        Assert.That(() => GoPeer.DialAsync(gateway, PeerSide.Edge), Throws.InstanceOf<SocketException>());
    }

    [Test]
    public async Task Peers_that_do_not_answer_the_goodbye_do_not_keep_the_gateway()
    {
        await using var gateway = await TestGateway.StartAsync(("limits:close_timeout", "1s"));
        await using var edge = await RawPeer.ConnectAsync(gateway.EdgePort);
        await edge.SendAsync(GoFrame.Conn(1));
        await edge.TakeAsync(FrameType.ConnAck);
        await using var service = await RawPeer.ConnectAsync(gateway.ServicePort);
        await service.SendAsync(GoFrame.Conn(1, GoPeer.ServiceMeta("deaf")));
        await service.TakeAsync(FrameType.ConnAck);
        await using var strangers = await RawPeer.ConnectAsync(gateway.EdgePort);
        await gateway.StopAsync().InTime();
        await edge.EndedAsync();
        await service.EndedAsync();
        await strangers.EndedAsync();
    }
}

using System.Collections.Concurrent;
using System.Net;
using Frontier.Cluster.Tests.Support;
using Frontier.Protocol;

namespace Frontier.Cluster.Tests.Lifecycle;

/// <summary>Ends of the SDK that a leaving gateway asks to go to another one.</summary>
[TestFixture]
internal sealed class MoveTests : ClusterFixture
{
    private const ulong WantedId = 0x5afe_0000_0000_0007;

    [Test]
    public async Task An_edge_that_moves_keeps_its_id_is_never_away_and_finishes_what_it_had_begun()
    {
        var gateways = await Cluster.StartAsync(2);
        var (leaving, staying) = (gateways[0], gateways[1]);
        var presence = new ConcurrentQueue<(bool IsOnline, EdgePresence Edge)>();
        await using var service = await staying.ConnectServiceAsync("watcher");
        await service.OnEdgeOnlineAsync((edge, _) => Note(presence, true, edge));
        await service.OnEdgeOfflineAsync((edge, _) => Note(presence, false, edge));
        var finish = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = await ConnectEdgeAsync(leaving, "first", began, finish.Task, default);
        Assert.That(first.Id, Is.EqualTo(WantedId));
        var slow = service.CallAsync(WantedId, "slow", default).AsTask();
        await began.Task.WaitAsync(Eventually.Deadline);

        var over = leaving.TerminateAsync();
        var move = await first.MoveRequested.WaitAsync(Eventually.Deadline);
        var second = await ConnectEdgeAsync(staying, "second", null, Task.CompletedTask, move.Token);
        Assert.That(second.Id, Is.EqualTo(WantedId), "the id goes along");
        await Eventually.HoldsAsync(async () => await WhoAsync(service) == "second", "new calls go to the new connection");
        Assert.That(slow.IsCompleted, Is.False, "what was under way is still under way");

        finish.SetResult();
        Assert.That(Text((await slow.WaitAsync(Eventually.Deadline)).Payload), Is.EqualTo("first"));
        await first.CloseWhenDoneAsync(DisconnectReason.Closed, move.Patience);
        await first.Completion.WaitAsync(Eventually.Deadline);
        Assert.That(await over, Is.Zero, "exit code");
        Assert.That(await WhoAsync(service), Is.EqualTo("second"));
        await Eventually.HoldsAsync(() => presence.Count(said => !said.IsOnline) == 1, "the service hears that the older session is over");

        var epochs = presence.Where(said => said.IsOnline).Select(said => said.Edge.Epoch).ToList();
        Assert.That(epochs, Has.Count.EqualTo(2).And.Ordered);
        Assert.That(presence.Single(said => !said.IsOnline).Edge.Epoch, Is.EqualTo(epochs[0]), "and nothing about the newer one");
        await second.CloseAsync(default);
    }

    [Test]
    public async Task Nobody_takes_an_edges_id_while_it_moves()
    {
        var gateways = await Cluster.StartAsync(2);
        var first = await ConnectEdgeAsync(gateways[0], "first", null, Task.CompletedTask, default);
        var over = gateways[0].TerminateAsync();
        var move = await first.MoveRequested.WaitAsync(Eventually.Deadline);

        var stranger = await ConnectEdgeAsync(gateways[1], "stranger", null, Task.CompletedTask, default);
        Assert.That(stranger.Id, Is.Not.EqualTo(WantedId), "without a token the id is somebody else's");
        byte[] guess = [.. move.Token.ToArray()];
        guess[0] ^= 1;
        var error = await Assert.ThrowsAsync<FrontierException>(() => ConnectEdgeAsync(gateways[1], "guesser", null, Task.CompletedTask, guess));
        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.GatewayDraining));

        var second = await ConnectEdgeAsync(gateways[1], "second", null, Task.CompletedTask, move.Token);
        Assert.That(second.Id, Is.EqualTo(WantedId));
        Assert.That(await over, Is.Zero, "the gateway does not wait for those who have gone");
        await second.CloseAsync(default);
        await stranger.CloseAsync(default);
    }

    [Test]
    public async Task A_service_that_moves_is_called_all_the_time()
    {
        var gateways = await Cluster.StartAsync(2);
        await using var edge = await gateways[1].ConnectEdgeAsync();
        var first = await ConnectServiceAsync(gateways[0], 0);
        await CallAsync(edge);
        var over = gateways[0].TerminateAsync();
        using var working = new CancellationTokenSource();
        var calls = Task.Run(async () =>
        {
            var answered = 0;
            for (; !working.IsCancellationRequested; answered++)
            {
                await CallAsync(edge);
            }

            return answered;
        });
        var move = await first.MoveRequested.WaitAsync(Eventually.Deadline);
        var second = await ConnectServiceAsync(gateways[1], 0);
        await first.CloseWhenDoneAsync(DisconnectReason.Closed, move.Patience);
        Assert.That(await over, Is.Zero, "exit code");
        await working.CancelAsync();
        Assert.That(await calls, Is.Positive);
        await second.CloseAsync(default);
    }

    private static async Task CallAsync(FrontierEdge edge) =>
        Assert.That(Text((await edge.CallAsync("moving", "x"u8.ToArray())).Payload), Is.EqualTo("x"));

    private static Task<ClientConnection> ConnectServiceAsync(ClusterProcess gateway, ulong id) => ConnectAsync(
        new FrontierServiceOptions { Features = PeerFeatures.All },
        gateway.ServicePort,
        id,
        "{\"service\":\"moving\",\"topics\":[]}"u8.ToArray(),
        isService: true,
        new MethodHandler("moving", (request, _) => ValueTask.FromResult<CallResponse>(request.Payload)));

    private static Task<ClientConnection> ConnectEdgeAsync(
        ClusterProcess gateway, string name, TaskCompletionSource? began, Task finish, ReadOnlyMemory<byte> token) => ConnectAsync(
        new FrontierEdgeOptions { Features = PeerFeatures.All, MoveToken = token },
        gateway.EdgePort,
        WantedId,
        default,
        isService: false,
        new MethodHandler("who", (_, _) => ValueTask.FromResult<CallResponse>(System.Text.Encoding.UTF8.GetBytes(name))),
        new MethodHandler("slow", async (_, _) =>
        {
            began?.TrySetResult();
            await finish;
            return System.Text.Encoding.UTF8.GetBytes(name);
        }));

    // Below the client that reconnects by itself, so that the test decides when what happens.
    private static Task<ClientConnection> ConnectAsync(
        FrontierClientOptions options, int port, ulong id, ReadOnlyMemory<byte> meta, bool isService, params MethodHandler[] handlers)
    {
        var home = new ClientHome(options);
        foreach (var handler in handlers)
        {
            home.Methods.TryAdd(handler);
        }

        return ClientConnection.ConnectAsync(options, [new IPEndPoint(IPAddress.Loopback, port)], id, exactId: false, meta, isService, home, default);
    }

    private static async Task<string> WhoAsync(FrontierService service) => Text((await service.CallAsync(WantedId, "who", default)).Payload);

    private static string Text(ReadOnlyMemory<byte> payload) => System.Text.Encoding.UTF8.GetString(payload.Span);

    private static ValueTask Note(ConcurrentQueue<(bool IsOnline, EdgePresence Edge)> presence, bool isOnline, EdgePresence edge)
    {
        presence.Enqueue((isOnline, edge));
        return ValueTask.CompletedTask;
    }
}

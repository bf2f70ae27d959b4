using System.Net;
using System.Net.Sockets;
using Frontier.Protocol;

namespace Frontier.Client.Tests;

public sealed class ReconnectTests
{
    [Test]
    public async Task An_edge_comes_back_with_its_id_and_its_methods_before_it_says_connected()
    {
        await using var gateway = new TestGateway();
        await using var edge = new FrontierEdge(gateway.EdgeOptions with { Reconnect = Fast.Reconnect, Methods = new Dictionary<string, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>>> { ["first"] = Echo } });
        var events = new ClientEvents(edge);
        GatewayEnd? current = null;
        var known = new List<string[]>();
        edge.Connected += (_, _) => known.Add([.. (current = gateway.NextAsync().GetAwaiter().GetResult()).Registered.Select(r => r.Method).Order()]);
        await edge.StartAsync().InTime();
        await edge.RegisterAsync("second", Echo).InTime();
        current!.Cut();
        await Soon.UntilAsync(() => events.All.Contains("connected 2"), "the edge is back");
        Assert.Multiple(() =>
        {
            Assert.That(known[1], Is.EqualTo(new[] { "first", "second" }));
            Assert.That(current.WantedId, Is.EqualTo(TestGateway.AllocatedId));
            Assert.That((edge.EdgeId, edge.Generation, edge.State, edge.IsConnected), Is.EqualTo((TestGateway.AllocatedId, 2, FrontierConnectionState.Connected, true)));
            Assert.That(events.All, Is.EqualTo(new[] { "connected 1", "disconnected 1 ConnectionLost", "reconnecting 1", "connected 2" }));
            Assert.That(edge.Completion.IsCompleted, Is.False);
        });
        Assert.That((await current.CallAsync("second", [5]).InTime()).Payload, Is.EqualTo(new byte[] { 5 }));
        await edge.CloseAsync().InTime();
        Assert.That(events.All.Last(), Is.EqualTo("disconnected 2 Closed for good"));
        Assert.That((edge.State, await edge.Completion.InTime()), Is.EqualTo((FrontierConnectionState.Closed, DisconnectReason.Closed)));
    }

    [Test]
    public async Task A_call_in_flight_ends_when_its_connection_does_and_the_next_goes_over_the_next()
    {
        var hold = true;
        await using var gateway = new TestGateway();
        gateway.OnRequest = (to, request) =>
        {
            if (!hold)
            {
                to.Answer(request, request.Payload);
            }
        };
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Reconnect = Fast.Reconnect });
        await using var _ = edge;
        var call = edge.CallAsync("m", default).AsTask();
        await Soon.UntilAsync(() => !end.Seen.IsEmpty, "the call is there");
        hold = false;
        end.Cut();
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => call.InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
        await gateway.NextAsync();
        await Soon.UntilAsync(() => edge.Generation == 2, "the edge is back");
        Assert.That((await edge.CallAsync("m", new byte[] { 1 }).InTime()).Payload.Length, Is.EqualTo(1));
    }

    [Test]
    public async Task Messages_and_streams_go_on_with_the_next_connection()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Reconnect = Fast.Reconnect });
        await using var _ = edge;
        await using var messages = edge.ReceiveAsync().GetAsyncEnumerator();
        await using var streams = edge.AcceptStreamsAsync().GetAsyncEnumerator();
        for (var round = 0; round < 3; round++)
        {
            var acked = end.PublishAsync("t", [(byte)round]);
            Assert.That(await messages.MoveNextAsync().InTime());
            Assert.That(messages.Current.Payload.Span[0], Is.EqualTo(round));
            await messages.Current.AckAsync();
            Assert.That((await acked.InTime()).Error, Is.Empty);
            await end.OpenAsync("s", [(byte)round]);
            Assert.That(await streams.MoveNextAsync().InTime());
            Assert.That(streams.Current.Meta.Span[0], Is.EqualTo(round));
            end.Cut();
            Assert.That(async () => await streams.Current.ReadAsync(new byte[1]).InTime(), Throws.InstanceOf<IOException>());
            end = await gateway.NextAsync();
            await Soon.UntilAsync(() => edge.Generation == round + 2, "the edge is back");
        }

        await edge.CloseAsync().InTime();
        Assert.That(await messages.MoveNextAsync().InTime(), Is.False);
        Assert.That(await streams.MoveNextAsync().InTime(), Is.False);
    }

    [Test]
    public async Task A_refused_login_ends_the_client_and_is_not_tried_again()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Reconnect = Fast.Reconnect });
        var events = new ClientEvents(edge);
        gateway.RefusalText = "edge 7 is banned";
        gateway.Login = TestLogin.Refuse;
        end.Cut();
        Assert.That(await edge.Completion.InTime(), Is.EqualTo(DisconnectReason.Refused));
        Assert.Multiple(() =>
        {
            Assert.That((edge.Failure!.Code, edge.Failure.PeerText, edge.Failure.IsRetryable), Is.EqualTo((FrontierErrorCode.Refused, "edge 7 is banned", false)));
            Assert.That(edge.State, Is.EqualTo(FrontierConnectionState.Closed));
            Assert.That(events.Tries, Has.Count.EqualTo(1));
            Assert.That(gateway.Sources, Has.Count.EqualTo(2));
        });
        Assert.That(await Assert.ThrowsAsync<FrontierException>(() => edge.WaitUntilConnectedAsync().InTime()), Is.SameAs(edge.Failure));
        await edge.DisposeAsync().AsTask().InTime();
    }

    [TestCase("login timed out")]
    [TestCase("internal error")]
    [TestCase("service not online")]
    public async Task A_refusal_that_will_pass_is_tried_again(string text)
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Reconnect = Fast.Reconnect });
        await using var _ = edge;
        var events = new ClientEvents(edge);
        gateway.RefusalText = text;
        gateway.Login = TestLogin.Refuse;
        end.Cut();
        await Soon.UntilAsync(() => events.Tries.Count >= 3, "the edge tried three times");
        Assert.That(events.Tries.Last().LastError!.PeerText, Is.EqualTo(text));
        gateway.Login = TestLogin.Accept;
        await edge.WaitUntilConnectedAsync().InTime();
    }

    [Test]
    public async Task The_first_connection_is_tried_again_only_when_asked_for()
    {
        int port;
        using (var taken = new TcpListener(IPAddress.Loopback, 0))
        {
            taken.Start();
            port = ((IPEndPoint)taken.LocalEndpoint).Port;
        }

        var options = new FrontierEdgeOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, port), Reconnect = Fast.Reconnect };
        await using var once = new FrontierEdge(options);
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => once.StartAsync().InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
        Assert.That(once.State, Is.EqualTo(FrontierConnectionState.Closed));
        await using var patient = new FrontierEdge(options with { Reconnect = Fast.Reconnect with { RetryFirstConnection = true } });
        var events = new ClientEvents(patient);
        var starting = patient.StartAsync();
        await Soon.UntilAsync(() => events.Tries.Count >= 3, "it keeps trying");
        Assert.That((patient.EdgeId, patient.Generation, patient.State), Is.EqualTo((0UL, 0, FrontierConnectionState.Connecting)));
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => patient.CallAsync("m", default).InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
        await patient.CloseAsync().InTime();
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => starting.InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
    }

    [Test]
    public async Task A_gateway_that_says_goodbye_is_left_for_another_at_once()
    {
        await using var first = new TestGateway();
        await using var second = new TestGateway();
        var lazy = new ReconnectOptions { InitialDelay = TimeSpan.FromHours(1), MaxDelay = TimeSpan.FromHours(1) };
        await using var edge = new FrontierEdge(first.EdgeOptions with { EndPoints = [first.EndPoint, second.EndPoint], Reconnect = lazy });
        var events = new ClientEvents(edge);
        await edge.StartAsync().InTime();
        var (left, next) = first.Sources.Count == 1 ? (first, second) : (second, first);
        (await left.NextAsync()).Close(DisconnectReason.ShuttingDown);
        await next.NextAsync();
        await Soon.UntilAsync(() => edge.Generation == 2, "the edge is at the other gateway");
        Assert.That(events.All, Is.EqualTo(new[] { "connected 1", "disconnected 1 Closed", "reconnecting 1", "connected 2" }));
        Assert.That(events.Tries.Single().Delay, Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public async Task A_call_being_handled_when_the_gateway_asks_for_a_move_is_answered_where_it_came_from()
    {
        await using var gateway = new TestGateway { Options = new ConnectionOptions { Features = PeerFeatures.All } };
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Reconnect = Fast.Reconnect });
        await using var _ = edge;
        var answer = new TaskCompletionSource();
        await edge.RegisterAsync("slow", async (request, _) =>
        {
            await answer.Task;
            return request.Payload;
        }).InTime();
        var call = end.CallAsync("slow", [3]);
        await Soon.UntilAsync(() => edge.Connection.HandlingCount == 1, "the call is being handled");
        Assert.That(end.AskToMove(TimeSpan.FromSeconds(30), [1, 2, 3]));
        await gateway.NextAsync();
        await Soon.UntilAsync(() => edge.Generation == 2, "the edge has moved while the handler still runs");
        Assert.That(edge.IsConnected);
        answer.SetResult();
        Assert.That((await call.InTime()).Payload, Is.EqualTo(new byte[] { 3 }));
    }

    [Test]
    public async Task A_move_is_to_the_next_connection_first_and_the_old_one_finishes_what_it_has()
    {
        Received? held = null;
        await using var gateway = new TestGateway { Options = new ConnectionOptions { Features = PeerFeatures.All } };
        gateway.OnRequest = (to, request) =>
        {
            if (request.Method == "slow")
            {
                held = request;
            }
            else
            {
                to.Answer(request, request.Payload);
            }
        };
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Reconnect = Fast.Reconnect });
        await using var _ = edge;
        var events = new ClientEvents(edge);
        var call = edge.CallAsync("slow", default).AsTask();
        await Soon.UntilAsync(() => held is not null, "the call is there");
        Assert.That(end.AskToMove(TimeSpan.FromSeconds(30), [1, 2, 3]));
        var next = await gateway.NextAsync();
        await Soon.UntilAsync(() => edge.Generation == 2, "the edge has moved");
        Assert.That((next.WantedId, next.MoveToken), Is.EqualTo((edge.EdgeId, new byte[] { 1, 2, 3 })));
        await edge.CallAsync("quick", default).InTime();
        Assert.That((next.Seen.Count, call.IsCompleted, end.DisconnectReason), Is.EqualTo((1, false, DisconnectReason.None)));
        end.Answer(held!, [4]);
        Assert.That((await call.InTime()).Payload.Length, Is.EqualTo(1));
        await Soon.UntilAsync(() => end.DisconnectReason == DisconnectReason.Closed, "the old connection is closed in good order");
        Assert.That(events.All, Is.EqualTo(new[] { "reconnecting 1", "connected 2" }));
    }

    [Test]
    public async Task A_half_open_link_is_found_within_two_heartbeat_intervals()
    {
        await using var gateway = new TestGateway();
        var relay = new Relay(gateway.EndPoint);
        await using var _ = relay;
        await using var edge = new FrontierEdge(gateway.EdgeOptions with { EndPoint = relay.EndPoint, HeartbeatInterval = TimeSpan.FromSeconds(5), Reconnect = Fast.Reconnect });
        var events = new ClientEvents(edge);
        await edge.StartAsync().InTime();
        relay.Freeze();
        await Soon.UntilAsync(() => events.All.Contains("disconnected 1 HeartbeatTimeout"), "the silence is noticed");
        await Soon.UntilAsync(() => edge.Generation == 2, "the edge is back");
    }

    [Test]
    public async Task An_edge_insists_on_its_id_while_the_gateway_has_not_noticed_that_it_went()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Id = 7, Reconnect = Fast.Reconnect });
        await using var _ = edge;
        var refusals = 3;
        gateway.GiveId = wanted => Interlocked.Decrement(ref refusals) >= 0 ? 1000 : wanted;
        end.Cut();
        await Soon.UntilAsync(() => edge.Generation == 2, "the edge is back");
        Assert.That((edge.EdgeId, gateway.Sources.Count), Is.EqualTo((7UL, 5)));
    }

    [Test]
    public async Task A_first_connection_insists_on_its_id_while_a_gateway_of_the_original_has_not_noticed_that_the_edge_went()
    {
        var refusals = 3;
        await using var gateway = new TestGateway();
        gateway.GiveId = wanted => Interlocked.Decrement(ref refusals) >= 0 ? 1000 : wanted;
        var (edge, _) = await gateway.ConnectEdgeAsync(o => o with { Id = 42, Reconnect = Fast.Reconnect });
        await using var _2 = edge;
        Assert.That((edge.EdgeId, gateway.Sources.Count), Is.EqualTo((42UL, 4)));
    }

    [Test]
    public async Task An_edge_never_becomes_another_than_the_one_it_says_it_is([Values] bool knowsInsisting)
    {
        await using var gateway = new TestGateway { Options = new ConnectionOptions { Features = knowsInsisting ? PeerFeatures.All : PeerFeatures.None } };
        gateway.GiveId = _ => 1000;
        var edge = new FrontierEdge(gateway.EdgeOptions with { Id = 42, Reconnect = Fast.Reconnect with { KeepIdFor = TimeSpan.FromMilliseconds(50) } });
        await using var _ = edge;
        var error = await Assert.ThrowsAsync<FrontierException>(() => edge.StartAsync().InTime());
        Assert.That(error!.Code, Is.EqualTo(knowsInsisting ? FrontierErrorCode.Refused : FrontierErrorCode.EdgeIdInUse), error.Message);
        Assert.That(await edge.Completion.InTime(), Is.EqualTo(DisconnectReason.Refused));
    }

    [Test]
    public async Task An_edge_that_comes_back_keeps_trying_for_the_id_it_says_it_has()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Id = 42, Reconnect = Fast.Reconnect with { KeepIdFor = TimeSpan.Zero } });
        await using var _ = edge;
        gateway.GiveId = _ => 1000;
        end.Cut();
        await Soon.UntilAsync(() => gateway.Sources.Count > 5, "it tries");
        Assert.That((edge.EdgeId, edge.Generation), Is.EqualTo((42UL, 1)));
        gateway.GiveId = wanted => wanted;
        await Soon.UntilAsync(() => edge.Generation == 2, "the edge is back");
        Assert.That(edge.EdgeId, Is.EqualTo(42));
    }

    [Test]
    public async Task An_edge_that_may_be_any_takes_the_id_it_gets()
    {
        await using var gateway = new TestGateway();
        gateway.GiveId = _ => 1000;
        var (edge, _) = await gateway.ConnectEdgeAsync(o => o with { Id = 42, AllowOtherId = true });
        await using var _2 = edge;
        Assert.That((edge.EdgeId, gateway.Sources.Count), Is.EqualTo((1000UL, 1)));
    }

    [Test]
    public async Task An_edge_takes_another_id_when_it_has_insisted_long_enough()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Reconnect = Fast.Reconnect with { KeepIdFor = TimeSpan.Zero } });
        await using var _ = edge;
        gateway.GiveId = _ => 1000;
        end.Cut();
        await Soon.UntilAsync(() => edge.Generation == 2, "the edge is back");
        Assert.That(edge.EdgeId, Is.EqualTo(1000));
    }

    [Test]
    public async Task An_event_handler_that_fails_does_not_keep_the_client_from_coming_back()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Reconnect = Fast.Reconnect });
        await using var _ = edge;
        edge.Disconnected += (_, _) => throw new InvalidOperationException();
        edge.Reconnecting += (_, _) => throw new InvalidOperationException();
        edge.Connected += (_, _) => throw new InvalidOperationException();
        var events = new ClientEvents(edge);
        end.Cut();
        await Soon.UntilAsync(() => events.All.Contains("connected 2"), "the edge is back and the others hear of it");
    }

    [Test]
    public async Task A_method_registered_while_disconnected_is_known_when_the_client_is_back()
    {
        await using var gateway = new TestGateway { Login = TestLogin.Accept };
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Reconnect = Fast.Reconnect });
        await using var _ = edge;
        gateway.RefusalText = "internal error";
        gateway.Login = TestLogin.Refuse;
        end.Cut();
        await Soon.UntilAsync(() => edge.State == FrontierConnectionState.Reconnecting, "the connection is gone");
        var registering = edge.RegisterAsync("late", Echo);
        using var giveUp = new CancellationTokenSource();
        var givenUp = edge.RegisterAsync("never", Echo, giveUp.Token);
        giveUp.Cancel();
        await Assert.CatchAsync<OperationCanceledException>(() => givenUp.InTime());
        Assert.That(registering.IsCompleted, Is.False);
        gateway.Login = TestLogin.Accept;
        await registering.InTime();
        await edge.WaitUntilConnectedAsync().InTime();
        GatewayEnd last;
        do
        {
            last = await gateway.NextAsync();
        }
        while (last.Registered.IsEmpty);
        Assert.That(last.Registered.Select(r => r.Method), Is.EqualTo(new[] { "late" }));
    }

    [Test]
    public async Task Closing_while_reconnecting_ends_the_client_at_once()
    {
        await using var gateway = new TestGateway();
        var lazy = new ReconnectOptions { InitialDelay = TimeSpan.FromHours(1), MaxDelay = TimeSpan.FromHours(1), StableAfter = TimeSpan.FromHours(1) };
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Reconnect = lazy });
        var events = new ClientEvents(edge);
        end.Cut();
        await Soon.UntilAsync(() => !events.Tries.IsEmpty, "it waits for its next try");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => edge.DisposeAsync().AsTask())).InTime();
        Assert.That(edge.State, Is.EqualTo(FrontierConnectionState.Closed));
        Assert.That(() => edge.StartAsync(), Throws.InstanceOf<InvalidOperationException>());
    }

    [Test]
    public async Task A_client_can_be_closed_at_any_moment_of_its_coming_and_going()
    {
        var requests = 0;
        await using var gateway = new TestGateway
        {
            OnRequest = (to, request) =>
            {
                if (Interlocked.Increment(ref requests) % 7 == 0)
                {
                    to.Cut();
                }
                else
                {
                    to.Answer(request);
                }
            },
        };
        for (var round = 0; round < 40; round++)
        {
            var edge = new FrontierEdge(gateway.EdgeOptions with { Reconnect = Fast.Reconnect });
            var starting = edge.StartAsync();
            var calling = Task.Run(async () =>
            {
                while (edge.State != FrontierConnectionState.Closed)
                {
                    try
                    {
                        await edge.CallAsync("m", default).InTime();
                    }
                    catch (FrontierException)
                    {
                        await Task.Yield();
                    }
                }
            });
            await Task.Delay(round / 2); // Another moment each time.
            await edge.DisposeAsync().AsTask().InTime();
            try
            {
                await starting.InTime();
            }
            catch (Exception e) when (e is OperationCanceledException or FrontierException)
            {
                Assert.That(edge.Generation, Is.Zero);
            }

            await calling.InTime();
            Assert.That(await edge.Completion.InTime(), Is.Not.EqualTo(DisconnectReason.None));
        }
    }

    private static ValueTask<CallResponse> Echo(FrontierRequest request, CancellationToken cancellationToken) => ValueTask.FromResult<CallResponse>(request.Payload);
}

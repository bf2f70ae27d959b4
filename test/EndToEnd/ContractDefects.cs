using System.Collections.Concurrent;
using System.Text;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests;

/// <summary>
/// What users of the original have to work around, each with its number in the contract's list, and the promise that it does not happen here.
/// Those that are not here (6 to 12) are about parts that this process does not have yet, or shown where the part is.
/// </summary>
public sealed class ContractDefects
{
    private TestGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await TestGateway.StartAsync(("exchange:presence_to_all", "true"));

    [OneTimeTearDown]
    public async Task Stop()
    {
        Assert.That(_gateway.Log.Errors, Is.Empty, string.Join('\n', _gateway.Log.Errors));
        await _gateway.DisposeAsync();
    }

    [Test]
    public async Task Defect_01_A_message_to_an_offline_edge_fails_alone_and_later_ones_arrive()
    {
        await using var service = await _gateway.ConnectServiceAsync();
        await using var edge = await _gateway.ConnectEdgeAsync();
        var received = edge.KeepMessages();
        for (var i = 0; i < 5; i++)
        {
            await Sdk.FailsAsync(FrontierErrorCode.EdgeNotOnline, "edge not online", () => service.PublishAsync(404, "", default).AsTask());
            await service.PublishAsync(edge.EdgeId, "", BitConverter.GetBytes(i)).InTime();
        }

        Assert.That(received.Messages.Select(message => BitConverter.ToInt32(message.Payload.Span)), Is.EqualTo(new[] { 0, 1, 2, 3, 4 }));
    }

    [Test]
    public async Task Defect_01_Custom_that_is_too_short_for_an_edge_id_is_refused_and_nothing_crashes([Range(0, 7)] int length)
    {
        await using var service = await GoPeer.ServiceAsync(_gateway);
        var custom = new byte[length];
        Assert.That((await service.CallAsync("any", default, custom)).Error, Is.EqualTo("illegal edgeID"));
        Assert.That((await service.PublishAsync("", default, custom)).Error, Is.EqualTo("illegal edgeID"));
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        await edge.ServeEchoAsync("echo");
        Assert.That((await service.CallAsync("echo", "x"u8.ToArray(), GoFrame.Id(edge.Id))).Payload, Is.EqualTo("x"u8.ToArray()));
    }

    [Test]
    public async Task Defect_02_Opening_a_stream_to_nobody_ends_at_once_even_for_an_opener_that_overlooks_the_error([Values] PeerSide opener)
    {
        await using var peer = opener == PeerSide.Edge ? await GoPeer.EdgeAsync(_gateway) : await GoPeer.ServiceAsync(_gateway);
        var ack = await peer.OpenStreamAsync(opener == PeerSide.Edge ? "nobody" : "404");
        var end = await peer.TakeAsync(FrameType.Dismiss);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ack.Error, Is.EqualTo(opener == PeerSide.Edge ? "service not online" : "edge not online"));
            Assert.That(ack.AgreedSessionId, Is.EqualTo(ack.NegotiateId), "the only id under which a Go opener finds what comes next");
            Assert.That(end.SessionId, Is.EqualTo(ack.NegotiateId));
        }
    }

    [Test]
    public async Task Defect_02_The_acceptor_of_a_stream_can_tell_who_opened_it_and_what_for()
    {
        await using var service = await _gateway.ConnectServiceAsync("files");
        await using var edge = await _gateway.ConnectEdgeAsync();
        var atService = service.AcceptStreamsAsync().NextAsync();
        await using var up = await edge.OpenStreamAsync("files", "upload"u8.ToArray()).InTime();
        await using var fromEdge = await atService.InTime();
        var atEdge = edge.AcceptStreamsAsync().NextAsync();
        await using var down = await service.OpenStreamAsync(edge.EdgeId, "download"u8.ToArray()).InTime();
        await using var fromService = await atEdge.InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((fromEdge.PeerId, Text(fromEdge.Meta)), Is.EqualTo((edge.EdgeId, "upload")));
            Assert.That((fromService.Peer, fromService.PeerId, Text(fromService.Meta)), Is.EqualTo(("files", service.ServiceId, "download")));
        }
    }

    [Test]
    public async Task Defect_02_Ending_one_direction_of_a_stream_leaves_the_other_open()
    {
        await using var service = await _gateway.ConnectServiceAsync("half");
        await using var edge = await _gateway.ConnectEdgeAsync();
        var accepted = service.AcceptStreamsAsync().NextAsync();
        await using var opened = await edge.OpenStreamAsync("half").InTime();
        await using var other = await accepted.InTime();
        await opened.CompleteWritesAsync().InTime();
        Assert.That(await other.ReadAsync(new byte[1]).InTime(), Is.Zero);
        await other.WriteAsync("still here"u8.ToArray()).InTime();
        var buffer = new byte[10];
        await opened.ReadExactlyAsync(buffer).InTime();
        Assert.That(Text(buffer), Is.EqualTo("still here"));
    }

    [Test]
    public async Task Defect_02_No_byte_of_a_stream_is_dropped_when_its_reader_is_slow()
    {
        // The original drops what comes when the reader is 32 frames behind: here 3,000 wait until they are read.
        const int Frames = 3000;
        await using var service = await _gateway.ConnectServiceAsync("slow");
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        var accepted = service.AcceptStreamsAsync().NextAsync();
        var sessionId = (await edge.OpenStreamAsync("slow")).AgreedSessionId;
        await using var stream = await accepted.InTime();
        var sending = SendAsync();
        var expected = Enumerable.Range(0, Frames).SelectMany(i => Encoding.UTF8.GetBytes($"{i,999}\n")).ToArray();
        var read = new byte[expected.Length];
        for (var at = 0; at < read.Length; at += 100_000)
        {
            await Task.Delay(10); // Slow is the point.
            await stream.ReadExactlyAsync(read.AsMemory(at, Math.Min(100_000, read.Length - at))).InTime();
        }

        await sending.InTime();
        Assert.That(read.AsSpan().SequenceEqual(expected), Is.True);

        async Task SendAsync()
        {
            for (var i = 0; i < Frames; i++)
            {
                await edge.PostAsync(GoFrame.Stream(edge.NextPacketId(), sessionId, Encoding.UTF8.GetBytes($"{i,999}\n")));
            }
        }
    }

    [Test]
    public async Task Defect_03_An_edge_can_be_reached_from_the_moment_its_online_event_is_there()
    {
        await using var service = await _gateway.ConnectServiceAsync();
        var answered = new TaskCompletionSource<string>();
        await service.OnEdgeOnlineAsync((presence, cancellationToken) =>
        {
            // From within the hook: the edge is not even let in.
            _ = CallAsync(presence.EdgeId);
            return default;
        });
        await using var edge = await GoPeer.DialAsync(_gateway, PeerSide.Edge);
        edge.Handle("first-words", _ => null);
        await edge.PostAsync(GoFrame.Conn(edge.NextPacketId()));
        var call = await edge.TakeAsync(FrameType.Request);
        Assert.That(edge.Inbox.Select(frame => frame.Type), Is.EqualTo(new[] { FrameType.ConnAck }), "the call came behind ConnAck, where the edge can see it");
        await edge.PostAsync(GoPeer.Respond(call, "reached"u8));
        Assert.That(await answered.Task.InTime(), Is.EqualTo("reached"));

        async Task CallAsync(ulong edgeId)
        {
            try
            {
                answered.SetResult(Text((await service.CallAsync(edgeId, "first-words", default)).Payload));
            }
            catch (FrontierException e)
            {
                answered.SetException(e);
            }
        }
    }

    [Test]
    public async Task Defect_03_Every_instance_of_a_service_hears_of_every_edge_where_that_is_asked_for()
    {
        await using var first = await _gateway.ConnectServiceAsync("twice");
        await using var second = await _gateway.ConnectServiceAsync("twice");
        var logs = new[] { await PresenceLog.OfAsync(first), await PresenceLog.OfAsync(second) };
        for (var i = 0UL; i < 4; i++)
        {
            await using var edge = await _gateway.ConnectEdgeAsync(id: 3100 + i);
            await Eventually.HoldsAsync(() => Array.TrueForAll(logs, log => log.Of(edge.EdgeId).Count == 1), "both hear that the edge is online");
            await edge.CloseAsync();
            await Eventually.HoldsAsync(() => Array.TrueForAll(logs, log => log.Of(edge.EdgeId).Count == 2), "both hear that the edge is offline");
            Assert.That(
                logs[0].Of(edge.EdgeId).Select(item => (item.Online, item.Edge.Epoch)),
                Is.EqualTo(logs[1].Of(edge.EdgeId).Select(item => (item.Online, item.Edge.Epoch))));
        }
    }

    [Test]
    public async Task Defect_03_A_late_offline_of_an_older_session_can_be_told_from_one_of_the_newer()
    {
        await using var service = await _gateway.ConnectServiceAsync();
        var presence = await PresenceLog.OfAsync(service);
        await service.OnGetEdgeIdAsync((_, _) => ValueTask.FromResult(3003UL));
        await using var older = await _gateway.ConnectEdgeAsync();
        await using var newer = await _gateway.ConnectEdgeAsync();
        await presence.OfflineAsync(3003);
        var events = presence.Of(3003);
        var offline = events.Single(item => !item.Online).Edge;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(offline.Epoch, Is.EqualTo(events[0].Edge.Epoch).And.LessThan(events[1].Edge.Epoch));
            Assert.That(newer.IsConnected, Is.True);
        }
    }

    [Test]
    public async Task Defect_04_A_duplicate_service_id_takes_the_id_over_and_nothing_locks_up()
    {
        for (var i = 0; i < 10; i++)
        {
            var services = (await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ConnectAsync())).InTime()).OfType<FrontierService>().ToList();
            await Eventually.HoldsAsync(() => services.Count(service => service.IsConnected) == 1, "one of them is left");
            var left = services.Single(service => service.IsConnected);
            await left.RegisterAsync("which-one", (_, _) => ValueTask.FromResult<CallResponse>("it"u8.ToArray()));
            await using (var edge = await _gateway.ConnectEdgeAsync())
            {
                Assert.That(Text((await edge.CallAsync("which-one", default).InTime()).Payload), Is.EqualTo("it"));
            }

            foreach (var service in services)
            {
                await service.DisposeAsync();
            }
        }

        async Task<FrontierService?> ConnectAsync()
        {
            try
            {
                return await _gateway.ConnectServiceAsync("same", id: 4004);
            }
            catch (FrontierException e) when (e.Message == "superseded by a newer session" || e.Code == FrontierErrorCode.ConnectionLost)
            {
                return null; // A newer one came while it was logging in.
            }
        }
    }

    [Test]
    public async Task Defect_04_Bad_service_meta_is_answered_and_ends_the_connection()
    {
        var before = await _gateway.MetricsAsync();
        await using var service = await GoPeer.DialAsync(_gateway, PeerSide.Service);
        var ack = await service.TryLogInAsync("not json"u8.ToArray());
        await service.TakeAsync(FrameType.DisConn);
        await service.PostAsync(GoFrame.Empty(FrameType.DisConn, service.NextPacketId()));
        await service.EndedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ack.IsAccepted, Is.False);
            Assert.That(ack.Error, Does.StartWith("illegal service meta"));
            Assert.That((await _gateway.MetricsAsync()).Value("frontier_refusals_total", ("reason", "illegal_meta")) - before.Value("frontier_refusals_total", ("reason", "illegal_meta")), Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Defect_05_A_slow_receiver_delays_nobody_else()
    {
        await using var service = await GoPeer.ServiceAsync(_gateway);
        await using var slow = await GoPeer.EdgeAsync(_gateway);
        await using var quick = await GoPeer.EdgeAsync(_gateway);
        quick.OnMessage = message => GoPeer.Acknowledge(message);
        for (var i = 0; i < 20; i++)
        {
            // The slow one acknowledges nothing; each message to the quick one is sent behind one to the slow one.
            await service.PostAsync(GoFrame.Data(FrameType.Message, service.NextPacketId(), custom: GoFrame.Id(slow.Id)));
            Assert.That((await service.PublishAsync("", default, GoFrame.Id(quick.Id))).Error, Is.Empty);
        }

        await Eventually.HoldsAsync(() => slow.Inbox.Count(frame => frame.Type == FrameType.Message) == 20, "the slow one has got all of its own");
    }

    [Test]
    public async Task Defect_13_When_one_of_two_services_with_a_method_leaves_the_other_still_serves_it()
    {
        for (var round = 0; round < 5; round++)
        {
            await using var staying = await _gateway.ConnectServiceAsync("pair", ["pair-topic"]);
            var leaving = await _gateway.ConnectServiceAsync("pair", ["pair-topic"]);
            _ = staying.KeepMessages();
            _ = leaving.KeepMessages();
            await staying.RegisterAsync("pair", Sdk.Echo);
            await leaving.RegisterAsync("pair", Sdk.Echo);
            await using var even = await _gateway.ConnectEdgeAsync(id: 2);
            await using var odd = await _gateway.ConnectEdgeAsync(id: 3);
            await leaving.DisposeAsync();
            for (var i = 0; i < 10; i++)
            {
                foreach (var edge in new[] { even, odd })
                {
                    Assert.That(Text((await edge.CallAsync("pair", "x"u8.ToArray()).InTime()).Payload), Is.EqualTo("x"));
                    await edge.PublishAsync("pair-topic", default).InTime();
                }
            }

            await even.CloseAsync();
            await odd.CloseAsync();
            await Eventually.HoldsAsync(
                async () => await _gateway.Grains.GetEdge(2).DescribeAsync() is null && await _gateway.Grains.GetEdge(3).DescribeAsync() is null, "the ids are free again");
        }
    }

    [TestCase(2)]
    [TestCase(3)]
    public async Task Defect_14_Edges_with_allocated_ids_spread_over_the_instances(int instances)
    {
        const int Edges = 120;
        var counts = new ConcurrentDictionary<ulong, int>();
        var services = new List<FrontierService>();
        for (var i = 0; i < instances; i++)
        {
            var service = await _gateway.ConnectServiceAsync("spread");
            await service.RegisterAsync("spread", (_, _) =>
            {
                counts.AddOrUpdate(service.ServiceId, 1, (_, count) => count + 1);
                return ValueTask.FromResult<CallResponse>(default);
            });
            services.Add(service);
        }

        for (var i = 0; i < Edges; i++)
        {
            await using var edge = await _gateway.ConnectEdgeAsync();
            await edge.CallAsync("spread", default).InTime();
        }

        foreach (var service in services)
        {
            await service.DisposeAsync();
        }

        // Each instance's share is binomial: less than a third of the fair share has a chance of less than one in a million.
        Assert.That(counts, Has.Count.EqualTo(instances));
        Assert.That(counts.Values, Is.All.GreaterThan(Edges / instances / 3));
    }

    [TestCase("say \"hello\"")]
    [TestCase("c:\\temp\\new")]
    [TestCase("{\"json\":[1,2]}")]
    [TestCase("line\nbreak")]
    public async Task Defect_15_A_method_may_have_any_name(string method)
    {
        await using var service = await _gateway.ConnectServiceAsync();
        await using var edge = await _gateway.ConnectEdgeAsync();
        await service.RegisterAsync(method, Sdk.Echo);
        await edge.RegisterAsync(method, Sdk.Echo);
        Assert.That(Text((await edge.CallAsync(method, "up"u8.ToArray()).InTime()).Payload), Is.EqualTo("up"));
        Assert.That(Text((await service.CallAsync(edge.EdgeId, method, "down"u8.ToArray()).InTime()).Payload), Is.EqualTo("down"));
    }

    [Test]
    public async Task Defect_16_An_edge_that_falls_silent_is_gone_from_everywhere_after_two_heartbeats_and_so_is_a_service()
    {
        await using var service = await _gateway.ConnectServiceAsync();
        var presence = await PresenceLog.OfAsync(service);
        var before = await _gateway.MetricsAsync();
        // 5 s, the shortest heartbeat interval there is: they have 10 s left and say nothing.
        await using var silent = await GoPeer.EdgeAsync(_gateway, heartbeatCode: 0);
        await using var silentService = await GoPeer.ServiceAsync(_gateway, "silent", ["silent"], heartbeatCode: 0);
        await using var edge = await _gateway.ConnectEdgeAsync();
        await presence.OfflineAsync(silent.Id);
        await silent.EndedAsync();
        await silentService.EndedAsync();
        await Sdk.FailsAsync(FrontierErrorCode.EdgeNotOnline, "edge not online", () => service.CallAsync(silent.Id, "any", default).AsTask());
        await Eventually.HoldsAsync(async () => await _gateway.Grains.GetEdge(silent.Id).DescribeAsync() is null, "the edge's grain knows of nobody");
        await Eventually.HoldsAsync(async () => await _gateway.Grains.GetService(silentService.Id).DescribeAsync() is null, "the service's grain knows of nobody");
        await Eventually.HoldsAsync(async () => (await _gateway.Grains.GetTopic("silent").DescribeAsync()).Count == 0, "nobody takes the topic");
        await Sdk.FailsAsync(FrontierErrorCode.ServiceNotOnline, "service not online", () => edge.OpenStreamAsync("silent"));
        await Eventually.HoldsAsync(
            async () => (await _gateway.MetricsAsync()).Value("frontier_connections_closed_total", ("reason", "heartbeat_timeout"))
                - before.Value("frontier_connections_closed_total", ("reason", "heartbeat_timeout")) == 2,
            "both are counted under the reason");
        Assert.That(edge.IsConnected, Is.True);
    }

    [Test]
    public async Task Defect_16_A_message_that_is_not_acknowledged_holds_nothing_up_behind_it()
    {
        await using var service = await GoPeer.ServiceAsync(_gateway, "", ["unacknowledged"]);
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        await edge.PostAsync(GoFrame.Data(FrameType.Message, edge.NextPacketId(), topic: "unacknowledged", payload: "first"u8));
        await service.TakeAsync(FrameType.Message);
        service.OnMessage = message => GoPeer.Acknowledge(message);
        await service.ServeEchoAsync("behind");
        Assert.That((await edge.PublishAsync("unacknowledged", "second"u8.ToArray())).Error, Is.Empty);
        Assert.That((await edge.CallAsync("behind", "x"u8.ToArray())).Payload, Is.EqualTo("x"u8.ToArray()));
    }

    [Test]
    public async Task Defect_17_A_callers_cancellation_reaches_the_handler_in_both_directions()
    {
        await using var service = await _gateway.ConnectServiceAsync();
        await using var edge = await _gateway.ConnectEdgeAsync();
        foreach (var fromEdge in new[] { true, false })
        {
            FrontierClient handler = fromEdge ? service : edge;
            var started = new TaskCompletionSource();
            var canceled = new TaskCompletionSource();
            await handler.RegisterAsync("cancel-me", async (request, cancellationToken) =>
            {
                await using var registration = cancellationToken.Register(canceled.SetResult);
                started.SetResult();
                return await Sdk.Never(request, cancellationToken);
            });
            using var cancel = new CancellationTokenSource();
            var call = fromEdge
                ? edge.CallAsync("cancel-me", default, null, cancel.Token).AsTask()
                : service.CallAsync(edge.EdgeId, "cancel-me", default, null, cancel.Token).AsTask();
            await started.Task.InTime();
            await cancel.CancelAsync();
            await canceled.Task.InTime();
            Assert.That(async () => await call.InTime(), Throws.InstanceOf<OperationCanceledException>());
        }
    }

    [Test]
    public async Task Defect_17_A_callers_deadline_reaches_the_handler_in_both_directions_to_the_nanosecond()
    {
        const string Deadline = "2099-12-31T23:59:59.123456789+01:00";
        await using var service = await GoPeer.ServiceAsync(_gateway);
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        GoFrame Tell(GoFrame request) => GoPeer.Respond(request, Encoding.UTF8.GetBytes((string)request.Json["context"]!["deadline"]!));
        await service.ServeAsync("deadline", Tell);
        await edge.ServeAsync("deadline", Tell);
        Assert.That(Text((await edge.CallAsync("deadline", deadline: Deadline)).Payload), Is.EqualTo(Deadline));
        Assert.That(Text((await service.CallAsync("deadline", default, GoFrame.Id(edge.Id), deadline: Deadline)).Payload), Is.EqualTo(Deadline));
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}

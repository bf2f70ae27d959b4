using System.Collections.Concurrent;
using System.Text;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests;

/// <summary>
/// The design's promises 1 to 8, as far as one process can show them. Each test here shows the promise as a whole; its details are proven where the
/// summaries say.
/// </summary>
public sealed class DesignPromises
{
    private TestGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await TestGateway.StartAsync(
        ("limits:max_outbound_bytes_per_connection", "1MiB"), ("exchange:forward_timeout", "3s"));

    [OneTimeTearDown]
    public async Task Stop()
    {
        Assert.That(_gateway.Log.Errors, Is.Empty, string.Join('\n', _gateway.Log.Errors));
        await _gateway.DisposeAsync();
    }

    /// <summary>One live session per edge id; see also <see cref="Identity.PresenceTests"/>.</summary>
    [Test]
    public async Task Promise_1_Of_many_sessions_that_want_an_id_at_once_one_is_left_and_the_events_say_which()
    {
        const ulong Id = 1001;
        const int Sessions = 12;
        await using var service = await _gateway.ConnectServiceAsync();
        var presence = await PresenceLog.OfAsync(service);
        await service.OnGetEdgeIdAsync((_, _) => ValueTask.FromResult(Id));
        var edges = new ConcurrentBag<FrontierEdge>();
        await Task.WhenAll(Enumerable.Range(0, Sessions).Select(async i =>
        {
            try
            {
                edges.Add(await _gateway.ConnectEdgeAsync(meta: BitConverter.GetBytes(i)));
            }
            catch (FrontierException)
            {
                // Superseded while it was logging in.
            }
        })).InTime();
        await Eventually.HoldsAsync(() => edges.Count(edge => edge.IsConnected) == 1, "one session is left");
        await Eventually.HoldsAsync(
            () => presence.Of(Id).GroupBy(item => item.Edge.Epoch).Count(session => session.Count() == 1) == 1, "every other session is reported offline");
        var left = presence.Of(Id).GroupBy(item => item.Edge.Epoch).Single(session => session.Count() == 1);
        var survivor = edges.Single(edge => edge.IsConnected);
        await survivor.RegisterAsync("it-is-me", (_, _) => ValueTask.FromResult<CallResponse>("me"u8.ToArray()));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(left.Key, Is.EqualTo(presence.Of(Id).Max(item => item.Edge.Epoch)), "the newest");
            Assert.That((await _gateway.Grains.GetEdge(Id).DescribeAsync())!.Epoch, Is.EqualTo(left.Key));
            Assert.That(Text((await service.CallAsync(Id, "it-is-me", default).InTime()).Payload), Is.EqualTo("me"));
        }
    }

    /// <summary>Everything is answered exactly once; see also <see cref="Lifecycle.DeadlineTests"/> and <see cref="Load.VanishingPeerTests"/>.</summary>
    [Test]
    public async Task Promise_2_Whatever_becomes_of_a_call_it_is_answered_exactly_once()
    {
        const int Rounds = 40;
        await using var service = await GoPeer.ServiceAsync(_gateway, "", ["promise-2"]);
        await service.ServeEchoAsync("echo");
        await service.ServeAsync("fail", request => GoPeer.Respond(request, default, error: "failed"));
        await service.ServeAsync("never", _ => null);
        await service.ServeAsync("twice", request =>
        {
            _ = service.PostAsync(GoPeer.Respond(request, "once"u8));
            return GoPeer.Respond(request, "twice"u8);
        });
        service.OnMessage = message => GoPeer.Acknowledge(message);
        var mortal = await GoPeer.ServiceAsync(_gateway);
        await mortal.ServeAsync("mortal", _ => null);
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        var expected = new Dictionary<ulong, string>();
        for (var i = 0; i < Rounds; i++)
        {
            expected[await edge.StartCallAsync("echo", "x"u8.ToArray())] = "";
            expected[await edge.StartCallAsync("twice")] = "";
            expected[await edge.StartCallAsync("fail")] = "failed";
            expected[await edge.StartCallAsync("missing")] = "record not found";
            expected[await edge.StartCallAsync("never", deadline: GoFrame.Time(DateTimeOffset.UtcNow.AddMilliseconds(100 + i)))] = "context deadline exceeded";
            expected[await edge.StartCallAsync("never")] = "context deadline exceeded";
            expected[await edge.StartCallAsync("mortal")] = "service not online";
        }

        await Eventually.HoldsAsync(() => mortal.Inbox.Count(frame => frame.Type == FrameType.Request) == Rounds, "the mortal one has been asked");
        mortal.Reset();
        foreach (var (packetId, error) in expected)
        {
            Assert.That((await edge.TakeAsync(FrameType.Response, packetId)).Error, Is.EqualTo(error));
        }

        // Whatever would have come twice is here before the answer to a last call.
        await edge.CallAsync("echo");
        Assert.That(edge.Inbox, Is.Empty);
        await mortal.DisposeAsync();
    }

    /// <summary>Order is kept, and nobody waits behind somebody else's slowness; see also <see cref="Limits.SlowReaderTests"/>.</summary>
    [Test]
    public async Task Promise_3_Messages_to_one_receiver_keep_their_order_while_another_receiver_stands_still()
    {
        const int Count = 300;
        await using var service = await GoPeer.ServiceAsync(_gateway);
        await using var stuck = await GoPeer.EdgeAsync(_gateway, receiveBufferBytes: 4096);
        await using var good = await GoPeer.EdgeAsync(_gateway);
        stuck.PauseReading();
        var sent = new List<ulong>();
        for (var i = 0; i < Count; i++)
        {
            await service.PostAsync(GoFrame.Data(FrameType.Message, service.NextPacketId(), payload: new byte[20_000], custom: GoFrame.Id(stuck.Id)));
            var message = GoFrame.Data(FrameType.Message, service.NextPacketId(), payload: BitConverter.GetBytes(i), custom: GoFrame.Id(good.Id));
            sent.Add(message.PacketId);
            await service.PostAsync(message);
        }

        // As they come: a plain peer has no more than its window unacknowledged.
        for (var acknowledged = 0; acknowledged < Count;)
        {
            await Eventually.HoldsAsync(() => good.Inbox.Count > acknowledged, "the good one gets the next");
            foreach (var message in good.Inbox.Skip(acknowledged).ToArray())
            {
                await good.PostAsync(GoPeer.Acknowledge(message));
                acknowledged++;
            }
        }

        Assert.That(good.Inbox.Select(frame => BitConverter.ToInt32(frame.Payload)), Is.EqualTo(Enumerable.Range(0, Count)));

        foreach (var packetId in sent)
        {
            Assert.That((await service.TakeAsync(FrameType.MessageAck, packetId)).Error, Is.Empty);
        }

        stuck.ResumeReading();
    }

    /// <summary>Memory is bounded; see also <see cref="Limits.LimitTests"/> and <see cref="HostilePeers.StallingPeerTests"/>.</summary>
    [Test]
    public async Task Promise_4_What_waits_for_a_peer_that_does_not_read_is_bounded_whoever_sends_it()
    {
        // What a socket's two ends hold on this machine, at most, and what the gateway may hold in front of it.
        const long Bound = (16 << 20) + (1 << 20) + (64 << 10);
        await using var first = await GoPeer.ServiceAsync(_gateway);
        await using var second = await GoPeer.ServiceAsync(_gateway);
        await using var stuck = await GoPeer.EdgeAsync(_gateway, receiveBufferBytes: 4096);
        stuck.PauseReading();
        await using var live = await GoPeer.EdgeAsync(_gateway);
        await live.ServeEchoAsync("behind");
        var payload = new byte[64 * 1024];
        var taken = 0L;
        foreach (var sender in new[] { first, second })
        {
            // Until ten in a row are refused.
            for (var refused = 0; refused < 10;)
            {
                var message = GoFrame.Data(FrameType.Message, sender.NextPacketId(), payload: payload, custom: GoFrame.Id(stuck.Id));
                await sender.PostAsync(message);
                // Answered at once when it is refused; a call that goes behind it, and its answer, show that it was taken.
                await sender.CallAsync("behind", default, GoFrame.Id(live.Id));
                if (sender.TryTake(frame => frame.PacketId == message.PacketId) is { } answer)
                {
                    Assert.That(answer.Error, Is.EqualTo("slow consumer"));
                    refused++;
                }
                else
                {
                    taken += message.Bytes.Length;
                    Assert.That(taken, Is.LessThan(Bound));
                    refused = 0;
                }
            }
        }

        stuck.ResumeReading();
    }

    /// <summary>An edge can be called as soon as it is announced, by anybody; see also <see cref="ContractDefects"/> on number 3.</summary>
    [Test]
    public async Task Promise_5_An_edge_that_is_announced_can_be_called_sent_to_and_streamed_to_before_it_is_let_in()
    {
        await using var service = await _gateway.ConnectServiceAsync("promise-5");
        var work = new TaskCompletionSource<(string Answer, string Bytes)>();
        await service.OnEdgeOnlineAsync((presence, cancellationToken) =>
        {
            _ = Task.Run(async () =>
            {
                try
                {
                    var call = service.CallAsync(presence.EdgeId, "early", default).AsTask();
                    var grain = _gateway.Grains.GetEdge(presence.EdgeId).CallAsync(new CallRequest("early", default));
                    await service.PublishAsync(presence.EdgeId, "early", default);
                    await using var stream = await service.OpenStreamAsync(presence.EdgeId);
                    var buffer = new byte[5];
                    await stream.ReadExactlyAsync(buffer);
                    work.SetResult((Text((await call).Payload) + Text((await grain).Payload), Text(buffer)));
                }
                catch (Exception e)
                {
                    work.SetException(e);
                }
            }, CancellationToken.None);
            return default;
        });
        await using var edge = await GoPeer.DialAsync(_gateway, PeerSide.Edge);
        edge.Handle("early", request => GoPeer.Respond(request, "yes"u8));
        edge.OnMessage = message => GoPeer.Acknowledge(message);
        var accept = edge.AcceptStreamAsync();
        await edge.LogInAsync([]);
        var session = await accept;
        await edge.PostAsync(GoFrame.Stream(edge.NextPacketId(), session.NegotiateId, "bytes"u8));
        Assert.That(await work.Task.InTime(), Is.EqualTo(("yesyes", "bytes")));
    }

    /// <summary>Bad peers harm nobody but themselves; see also <see cref="HostilePeers.MalformedFrameTests"/> and its neighbours, one test for each kind.</summary>
    [Test]
    public async Task Promise_6_A_crowd_of_bad_peers_neither_stops_nor_slows_the_good_ones_to_a_halt()
    {
        await using var bystanders = await Bystanders.StartAsync(_gateway);
        var before = await _gateway.MetricsAsync();
        var attacks = Parallel.ForAsync(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var random = new Random(i);
            var side = i % 2 == 0 ? PeerSide.Edge : PeerSide.Service;
            await using var peer = await GoPeer.DialAsync(_gateway, side);
            switch (i / 2 % 4)
            {
                case 0: // Noise.
                    var noise = new byte[random.Next(1, 5000)];
                    random.NextBytes(noise);
                    await peer.TrySendAsync(noise);
                    break;
                case 1: // A login that is broken off.
                    var conn = GoFrame.Conn(peer.NextPacketId(), side == PeerSide.Edge ? new byte[100] : GoPeer.ServiceMeta("flapping")).Bytes;
                    await peer.TrySendAsync(conn.AsMemory(0, random.Next(conn.Length)));
                    break;
                case 2: // A login whose answer is not waited for.
                    await peer.TrySendAsync(GoFrame.Conn(peer.NextPacketId(), side == PeerSide.Edge ? [] : GoPeer.ServiceMeta("flapping", ["flapping"])).Bytes);
                    break;
                default: // Good frames with bits turned over.
                    await peer.LogInAsync(side == PeerSide.Edge ? [] : GoPeer.ServiceMeta("flapping"));
                    var frame = GoFrame.Data(FrameType.Request, peer.NextPacketId(), method: "any", payload: new byte[50], custom: new byte[8]).Bytes;
                    frame[random.Next(frame.Length)] ^= (byte)(1 << random.Next(8));
                    await peer.TrySendAsync(frame);
                    break;
            }

            peer.Reset();
        });
        while (!attacks.IsCompleted)
        {
            await bystanders.GoOnAsync();
        }

        await attacks;
        await bystanders.GoOnAsync();
        await Eventually.HoldsAsync(
            async () => (await _gateway.MetricsAsync()).Value("frontier_connections_closed_total") - before.Value("frontier_connections_closed_total") == 400,
            "every bad connection has ended");
        Assert.That((await _gateway.MetricsAsync()).Value("frontier_connections_closed_total", ("reason", "internal_error")), Is.Zero);
    }

    /// <summary>Payloads are opaque and stay out of the log, whatever happens to them.</summary>
    [Test]
    public async Task Promise_7_Payloads_pass_byte_for_byte_and_no_log_line_shows_any_of_them()
    {
        const string Secret = "s3cr3t-of-the-customer";
        byte[] payload = [.. Encoding.ASCII.GetBytes(Secret), .. Enumerable.Range(0, 256).Select(value => (byte)value), .. Encoding.ASCII.GetBytes(Secret)];
        await using var service = await _gateway.ConnectServiceAsync("promise-7", ["promise-7"]);
        await using var edge = await _gateway.ConnectEdgeAsync(meta: payload);
        var custom = new CallOptions { Custom = payload };
        await service.RegisterAsync("up", (request, _) => ValueTask.FromResult(new CallResponse(request.Payload, request.Custom)));
        await edge.RegisterAsync("down", (request, _) => ValueTask.FromResult(new CallResponse(request.Payload, request.Custom)));
        await edge.RegisterAsync("fails", (_, _) => throw new FrontierException(FrontierErrorCode.Unknown, Secret));
        var up = await edge.CallAsync("up", payload, custom).InTime();
        var down = await service.CallAsync(edge.EdgeId, "down", payload, custom).InTime();
        var grain = await _gateway.Grains.GetEdge(edge.EdgeId).CallAsync(new CallRequest("down", payload, payload));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(up.Payload.ToArray(), Is.EqualTo(payload));
            Assert.That(up.Custom.ToArray(), Is.EqualTo(payload));
            Assert.That(down.Payload.ToArray(), Is.EqualTo(payload));
            Assert.That(down.Custom.ToArray(), Is.EqualTo(payload));
            Assert.That(grain.Payload.ToArray(), Is.EqualTo(payload));
            Assert.That(grain.Custom.ToArray(), Is.EqualTo(payload));
        }

        var next = service.ReceiveAsync().NextAsync();
        var published = edge.PublishAsync("promise-7", payload).AsTask();
        await (await next.InTime()).FailAsync(Secret);
        await Sdk.FailsAsync(FrontierErrorCode.Unknown, Secret, () => published);
        await Sdk.FailsAsync(FrontierErrorCode.Unknown, Secret, () => service.CallAsync(edge.EdgeId, "fails", payload).AsTask());
        await using (var stream = await edge.OpenStreamAsync("promise-7", payload).InTime())
        {
            await stream.WriteAsync(payload).InTime();
        }

        // Frames that are refused for what is in them are where a log would be tempted to show it.
        foreach (var json in new[] { $"{{\"value\":\"{Secret}!\"}}", $"{{\"deadline\":\"{Secret}\"}}", $"{{\"value\":{Secret}}}", $"{{\"x\":{Secret}}}", $"{{\"topic\":\"{Secret}" })
        {
            await using var bad = await GoPeer.EdgeAsync(_gateway);
            await bad.SendAsync(new GoFrame(FrameType.Request, 1, [.. GoFrame.Id(GoFrame.Root), .. Encoding.UTF8.GetBytes(json)]));
            await bad.EndedAsync();
        }

        await edge.CloseAsync();
        await service.CloseAsync();
        await Eventually.HoldsAsync(async () => await _gateway.Grains.GetEdge(edge.EdgeId).DescribeAsync() is null, "the edge is gone");
        // In clear, or in the base64 of the wire whatever stands before it.
        var traces = new[] { "s3cr3t", "3cr3t", "cr3t-of", Convert.ToBase64String("s3cr3t"u8), Convert.ToBase64String("3cr3t-"u8), Convert.ToBase64String("cr3t-o"u8) };
        var lines = _gateway.Log.Lines.Select(line => $"{line.Text} {line.Error}").ToList();
        Assert.That(lines, Is.Not.Empty);
        Assert.That(lines.Where(line => traces.Any(trace => line.Contains(trace, StringComparison.Ordinal))), Is.Empty);
    }

    /// <summary>What only the gateway may ask services, edges may not.</summary>
    [TestCase("get_edge_id")]
    [TestCase("edge_online")]
    [TestCase("edge_offline")]
    public async Task Promise_8_Edges_cannot_call_the_reserved_methods_nor_serve_them(string reserved)
    {
        var asked = 0;
        await using var service = await GoPeer.ServiceAsync(_gateway);
        await service.ServeAsync(reserved, request =>
        {
            Interlocked.Increment(ref asked);
            return GoPeer.Respond(request, GoFrame.Id(8008));
        });
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        var before = await _gateway.MetricsAsync();
        var askedByGateway = Volatile.Read(ref asked);
        var answer = await edge.CallAsync(reserved, GoFrame.Id(1));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.Error, Is.EqualTo("record not found"), "as if it did not exist");
            Assert.That(Volatile.Read(ref asked), Is.EqualTo(askedByGateway));
            Assert.That(
                (await _gateway.MetricsAsync()).Value("frontier_calls_total", ("direction", "edge_to_service"), ("result", "refused"))
                    - before.Value("frontier_calls_total", ("direction", "edge_to_service"), ("result", "refused")),
                Is.EqualTo(1));
        }

        // An edge that registers it is not asked about other edges.
        await edge.ServeAsync(reserved, request => GoPeer.Respond(request, GoFrame.Id(666)));
        await service.CloseAsync();
        await using var next = await GoPeer.EdgeAsync(_gateway);
        Assert.That(next.Id, Is.Not.EqualTo(666));
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}

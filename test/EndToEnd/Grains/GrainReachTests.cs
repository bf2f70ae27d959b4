using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.GrainInterfaces;

namespace Frontier.EndToEnd.Tests.Grains;

/// <summary>A .NET program in the cluster reaches real sockets through grains.</summary>
public sealed class GrainReachTests
{
    private TestGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await TestGateway.StartAsync();

    [OneTimeTearDown]
    public async Task Stop()
    {
        Assert.That(_gateway.Log.Errors, Is.Empty, string.Join('\n', _gateway.Log.Errors));
        await _gateway.DisposeAsync();
    }

    [Test]
    public async Task A_call_through_the_edge_grain_reaches_the_edge_and_its_answer_comes_back()
    {
        await using var edge = await _gateway.ConnectEdgeAsync();
        FrontierRequest? seen = null;
        await edge.RegisterAsync("ask", (request, _) =>
        {
            seen = request;
            return ValueTask.FromResult(new CallResponse("answer"u8.ToArray(), "back"u8.ToArray()));
        });
        var before = DateTimeOffset.UtcNow;
        var result = await _gateway.Grains.GetEdge(edge.EdgeId).CallAsync(new CallRequest("ask", "question"u8.ToArray(), "there"u8.ToArray(), TimeSpan.FromSeconds(9)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen!.Payload.ToArray(), Is.EqualTo("question"u8.ToArray()));
            Assert.That(seen.Custom.ToArray(), Is.EqualTo("there"u8.ToArray()));
            Assert.That(seen.Deadline, Is.InRange(before + TimeSpan.FromSeconds(8), DateTimeOffset.UtcNow + TimeSpan.FromSeconds(9)));
            Assert.That(result.Payload.ToArray(), Is.EqualTo("answer"u8.ToArray()));
            Assert.That(result.Custom.ToArray(), Is.EqualTo("back"u8.ToArray()));
        }
    }

    [Test]
    public async Task Errors_come_through_the_edge_grain_with_their_codes_and_texts()
    {
        await using var edge = await _gateway.ConnectEdgeAsync();
        var grain = _gateway.Grains.GetEdge(edge.EdgeId);
        await edge.RegisterAsync("fail", (_, _) => throw new FrontierException(FrontierErrorCode.Unknown, "the handler's own words"));
        await edge.RegisterAsync("never", Sdk.Never);
        await Sdk.FailsAsync(FrontierErrorCode.Unknown, "the handler's own words", () => grain.CallAsync(new CallRequest("fail", default)));
        await Sdk.FailsAsync(FrontierErrorCode.MethodNotFound, "no such rpc: missing", () => grain.CallAsync(new CallRequest("missing", default)));
        await Sdk.FailsAsync(FrontierErrorCode.Timeout, "context deadline exceeded", () => grain.CallAsync(new CallRequest("never", default, Timeout: TimeSpan.FromMilliseconds(200))));
        await Sdk.FailsAsync(FrontierErrorCode.EdgeNotOnline, "edge not online", () => _gateway.Grains.GetEdge(404).CallAsync(new CallRequest("any", default)));
        await Sdk.FailsAsync(FrontierErrorCode.EdgeNotOnline, "edge not online", () => _gateway.Grains.GetEdge(404).PublishAsync(new MessageRequest(null, default)));
    }

    [Test]
    public async Task Cancelling_a_call_through_the_edge_grain_cancels_the_edges_handler()
    {
        await using var edge = await _gateway.ConnectEdgeAsync();
        var started = new TaskCompletionSource();
        var canceled = new TaskCompletionSource();
        await edge.RegisterAsync("wait", async (request, cancellationToken) =>
        {
            started.SetResult();
            using var registration = cancellationToken.Register(canceled.SetResult);
            return await Sdk.Never(request, cancellationToken);
        });
        using var cancel = new CancellationTokenSource();
        var call = _gateway.Grains.GetEdge(edge.EdgeId).CallAsync(new CallRequest("wait", default), cancel.Token);
        await started.Task.InTime();
        await cancel.CancelAsync();
        Assert.That(async () => await call.InTime(), Throws.InstanceOf<OperationCanceledException>().Or.InstanceOf<FrontierException>());
        await canceled.Task.InTime();
    }

    [Test]
    public async Task A_message_through_the_edge_grain_is_acknowledged_by_the_edge()
    {
        await using var edge = await _gateway.ConnectEdgeAsync();
        var next = edge.ReceiveAsync().NextAsync();
        var published = _gateway.Grains.GetEdge(edge.EdgeId).PublishAsync(new MessageRequest("news", "payload"u8.ToArray(), "custom"u8.ToArray()));
        var message = await next.InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(message.Topic, Is.EqualTo("news"));
            Assert.That(message.Payload.ToArray(), Is.EqualTo("payload"u8.ToArray()));
            Assert.That(message.Custom.ToArray(), Is.EqualTo("custom"u8.ToArray()));
            Assert.That(published.IsCompleted, Is.False);
        }

        await message.AckAsync();
        await published.InTime();
    }

    [Test]
    public async Task The_edge_grain_describes_who_is_online()
    {
        var before = DateTimeOffset.UtcNow;
        await using var edge = await _gateway.ConnectEdgeAsync(meta: "device"u8.ToArray());
        await edge.RegisterAsync("one", Sdk.Echo);
        await edge.RegisterAsync("zwei \"2\"", Sdk.Echo);
        var described = await _gateway.Grains.GetEdge(edge.EdgeId).DescribeAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(described!.EdgeId, Is.EqualTo(edge.EdgeId));
            Assert.That(described.Epoch, Is.Positive);
            Assert.That(described.Address, Does.StartWith("127.0.0.1:"));
            Assert.That(described.Meta.ToArray(), Is.EqualTo("device"u8.ToArray()));
            Assert.That(described.ConnectedAt, Is.InRange(before.AddSeconds(-1), DateTimeOffset.UtcNow));
            Assert.That(described.Methods, Is.EqualTo(new[] { "one", "zwei \"2\"" }));
            Assert.That(await _gateway.Grains.GetEdge(404).DescribeAsync(), Is.Null);
        }
    }

    [Test]
    public async Task Kicking_an_edge_ends_its_connection()
    {
        await using var service = await _gateway.ConnectServiceAsync();
        var presence = await PresenceLog.OfAsync(service);
        await using var edge = await _gateway.ConnectEdgeAsync();
        Assert.That(await _gateway.Grains.GetEdge(edge.EdgeId).KickAsync(), Is.True);
        await edge.Completion.InTime();
        await presence.OfflineAsync(edge.EdgeId);
        Assert.That(await _gateway.Grains.GetEdge(edge.EdgeId).KickAsync(), Is.False);
        Assert.That((await _gateway.MetricsAsync()).Value("frontier_connections_closed_total", ("peer", "edge"), ("reason", "kicked")), Is.EqualTo(1));
    }

    [Test]
    public async Task The_service_grain_calls_publishes_describes_and_kicks()
    {
        await using var service = await _gateway.ConnectServiceAsync("grained", ["t1", "t2"]);
        await service.RegisterAsync("ask-service", Sdk.Echo);
        var grain = _gateway.Grains.GetService(service.ServiceId);
        var edgeId = GoFrame.Id(4242);
        var next = service.ReceiveAsync().NextAsync();
        var published = grain.PublishAsync(new MessageRequest("t1", "m"u8.ToArray(), edgeId));
        var message = await next.InTime();
        await message.AckAsync();
        await published.InTime();
        var described = await grain.DescribeAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await grain.CallAsync(new CallRequest("ask-service", "x"u8.ToArray(), edgeId))).Payload.ToArray(), Is.EqualTo("x"u8.ToArray()));
            Assert.That((message.Topic, message.EdgeId), Is.EqualTo(("t1", 4242UL)));
            Assert.That(described!.Name, Is.EqualTo("grained"));
            Assert.That(described.Methods, Is.EqualTo(new[] { "ask-service" }));
            Assert.That(described.Topics, Is.EqualTo(new[] { "t1", "t2" }));
        }

        await Sdk.FailsAsync(FrontierErrorCode.ServiceNotOnline, "service not online", () => _gateway.Grains.GetService(404).CallAsync(new CallRequest("any", default)));
        Assert.That(await grain.KickAsync(), Is.True);
        await service.Completion.InTime();
        await Eventually.HoldsAsync(async () => await grain.DescribeAsync() is null, "nobody is described any more");
    }

    [Test]
    public async Task The_topic_grain_delivers_to_who_takes_the_topic_and_says_when_nobody_does()
    {
        await using var service = await _gateway.ConnectServiceAsync("", ["grain-topic"]);
        var grain = _gateway.Grains.GetTopic("grain-topic");
        Assert.That((await grain.DescribeAsync()).Select(subscription => subscription.ServiceId), Is.EqualTo(new[] { service.ServiceId }));
        var next = service.ReceiveAsync().NextAsync();
        var published = grain.PublishAsync(17, new MessageRequest("grain-topic", "x"u8.ToArray(), "c"u8.ToArray()));
        var message = await next.InTime();
        await message.AckAsync();
        await published.InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(message.EdgeId, Is.EqualTo(17));
            Assert.That(message.Custom.ToArray(), Is.EqualTo("c"u8.ToArray()));
        }

        await service.CloseAsync();
        await Eventually.HoldsAsync(async () => (await grain.DescribeAsync()).Count == 0, "nobody takes the topic");
        await Sdk.FailsAsync(FrontierErrorCode.TopicNotOnline, "topic not online", () => grain.PublishAsync(17, new MessageRequest("grain-topic", default)));
    }

    [Test]
    public async Task What_holds_a_grain_call_up_ends_with_the_edge()
    {
        var edge = await GoPeer.EdgeAsync(_gateway);
        await edge.ServeAsync("never", _ => null);
        var call = _gateway.Grains.GetEdge(edge.Id).CallAsync(new CallRequest("never", default));
        await edge.TakeAsync(Protocol.FrameType.Request);
        edge.Reset();
        Assert.That((await Sdk.CatchAsync(() => call)).Code, Is.EqualTo(FrontierErrorCode.ConnectionLost).Or.EqualTo(FrontierErrorCode.EdgeNotOnline));
        await edge.DisposeAsync();
    }
}

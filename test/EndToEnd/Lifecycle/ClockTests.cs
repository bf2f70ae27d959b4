using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Lifecycle;

/// <summary>
/// No work is cancelled because two clocks disagree: those of an edge, a service, the gateway, or two gateways. Peers are plain ones, which write times, and
/// ours, which say what is left.
/// </summary>
[TestFixture(0, 0)]
[TestFixture(3600, 3600)]
[TestFixture(-3600, -3600)]
[TestFixture(0, 90)]
[TestFixture(90, 0)]
[TestFixture(-1800, 3600)]
public sealed class ClockTests(int edgeGatewayAhead, int serviceGatewayAhead)
{
    private static readonly int[] s_ahead = [0, 40, -40, 3600, -3600];
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    // What packet ids cannot tell: less than a second, and the way of a frame.
    private static readonly TimeSpan Blur = TimeSpan.FromSeconds(4);

    private TestGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() =>
        _gateway = await TestGateway.StartAtAsync(TimeSpan.FromSeconds(edgeGatewayAhead), TimeSpan.FromSeconds(serviceGatewayAhead));

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [Test]
    public async Task A_plain_edge_calls_a_plain_service_whatever_their_clocks_say(
        [ValueSource(nameof(s_ahead))] int edgeAhead, [ValueSource(nameof(s_ahead))] int serviceAhead)
    {
        await using var service = await GoPeer.ServiceAsync(_gateway, ahead: TimeSpan.FromSeconds(serviceAhead));
        await using var edge = await GoPeer.EdgeAsync(_gateway, ahead: TimeSpan.FromSeconds(edgeAhead));
        var method = $"up{edgeAhead}to{serviceAhead}";
        await service.ServeAsync(method, _ => null);

        var call = edge.CallAsync(method, "hi"u8.ToArray(), deadline: GoFrame.Time(edge.Now + Limit));
        var request = await service.TakeAsync(FrameType.Request);
        IsAheadOf(service, request);
        await service.PostAsync(GoPeer.Respond(request, "done"u8));
        Assert.That((await call).Payload, Is.EqualTo("done"u8.ToArray()));
    }

    [Test]
    public async Task A_plain_service_calls_a_plain_edge_whatever_their_clocks_say(
        [ValueSource(nameof(s_ahead))] int edgeAhead, [ValueSource(nameof(s_ahead))] int serviceAhead)
    {
        await using var service = await GoPeer.ServiceAsync(_gateway, ahead: TimeSpan.FromSeconds(serviceAhead));
        await using var edge = await GoPeer.EdgeAsync(_gateway, ahead: TimeSpan.FromSeconds(edgeAhead));
        await edge.ServeAsync("down", _ => null);

        var call = service.CallAsync("down", "hi"u8.ToArray(), GoFrame.Id(edge.Id), deadline: GoFrame.Time(service.Now + Limit));
        var request = await edge.TakeAsync(FrameType.Request);
        IsAheadOf(edge, request);
        await edge.PostAsync(GoPeer.Respond(request, "done"u8));
        Assert.That((await call).Payload, Is.EqualTo("done"u8.ToArray()));
    }

    [Test]
    public async Task A_plain_caller_without_a_limit_of_its_own_gets_the_gateways_by_the_receivers_clock([ValueSource(nameof(s_ahead))] int serviceAhead)
    {
        await using var service = await GoPeer.ServiceAsync(_gateway, ahead: TimeSpan.FromSeconds(serviceAhead));
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        var method = $"unlimited{serviceAhead}";
        await service.ServeAsync(method, _ => null);

        var call = edge.CallAsync(method);
        var request = await service.TakeAsync(FrameType.Request);
        Assert.That(Time(request, "deadline"), Is.InRange(service.Now + TimeSpan.FromSeconds(30) - Blur, service.Now + TimeSpan.FromSeconds(30) + Blur));
        Assert.That((string?)request.Json["context"]!["deadline"], Is.EqualTo(GoFrame.ZeroTime));
        await service.PostAsync(GoPeer.Respond(request, default));
        await call;
    }

    [Test]
    public async Task A_plain_callers_deadline_that_has_passed_by_its_own_clock_is_not_passed_on([ValueSource(nameof(s_ahead))] int edgeAhead)
    {
        await using var service = await GoPeer.ServiceAsync(_gateway);
        await using var edge = await GoPeer.EdgeAsync(_gateway, ahead: TimeSpan.FromSeconds(edgeAhead));
        var method = $"expired{edgeAhead}";
        await service.ServeAsync(method, _ => null);

        var answer = await edge.CallAsync(method, deadline: GoFrame.Time(edge.Now - TimeSpan.FromSeconds(5)));
        Assert.That(answer.Error, Is.EqualTo("context deadline exceeded"));
        Assert.That(service.Inbox.Where(frame => frame.Type == FrameType.Request), Is.Empty);
    }

    [Test]
    public async Task A_plain_peer_whose_clock_is_set_while_it_is_connected_goes_on([Values(3600, -3600)] int jump)
    {
        await using var service = await GoPeer.ServiceAsync(_gateway);
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        var method = $"jump{jump}";
        await service.ServeEchoAsync(method);

        Assert.That((await edge.CallAsync(method, deadline: GoFrame.Time(edge.Now + Limit))).Error, Is.Empty);
        edge.Ahead = TimeSpan.FromSeconds(jump);
        Assert.That((await edge.CallAsync(method, deadline: GoFrame.Time(edge.Now + Limit))).Error, Is.Empty);
        Assert.That((await edge.CallAsync(method, deadline: GoFrame.Time(edge.Now - TimeSpan.FromSeconds(5)))).Error, Is.EqualTo("context deadline exceeded"));
    }

    [Test]
    public async Task Our_own_ends_are_told_what_is_left_and_need_no_clock([ValueSource(nameof(s_ahead))] int plainAhead)
    {
        await using var service = await _gateway.ConnectServiceAsync("clocks", ["clocks"]);
        await using var edge = await _gateway.ConnectEdgeAsync();
        await using var plainService = await GoPeer.ServiceAsync(_gateway, ahead: TimeSpan.FromSeconds(plainAhead));
        await using var plainEdge = await GoPeer.EdgeAsync(_gateway, ahead: TimeSpan.FromSeconds(plainAhead));
        var method = $"ours{plainAhead}";
        TimeSpan? left = null;
        async ValueTask<CallResponse> Work(FrontierRequest request, CancellationToken cancellationToken)
        {
            left = request.Deadline - DateTimeOffset.UtcNow;
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            return request.Payload;
        }

        await service.RegisterAsync(method, Work);
        await edge.RegisterAsync(method, Work);
        await plainService.ServeEchoAsync(method + "plain");
        await plainEdge.ServeEchoAsync(method);
        var options = new CallOptions { Timeout = Limit };
        using (Assert.EnterMultipleScope())
        {
            await edge.CallAsync(method, default, options).InTime();
            Assert.That(left, Is.InRange(Limit - Blur, Limit + Blur), "from our edge to our service");
            await service.CallAsync(edge.EdgeId, method, default, options).InTime();
            Assert.That(left, Is.InRange(Limit - Blur, Limit + Blur), "from our service to our edge");
            Assert.That((await plainEdge.CallAsync(method, deadline: GoFrame.Time(plainEdge.Now + Limit))).Error, Is.Empty);
            Assert.That(left, Is.InRange(Limit - Blur, Limit + Blur), "from a plain edge to our service");
            await edge.CallAsync(method + "plain", default, options).InTime();
            await service.CallAsync(plainEdge.Id, method, default, options).InTime();
        }
    }

    // By its own clock the receiver has about as long as the caller waits, and never less.
    private static void IsAheadOf(GoPeer receiver, GoFrame request)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Time(request, "deadline"), Is.InRange(receiver.Now + Limit - Blur, receiver.Now + Limit + Blur));
            var context = (string)request.Json["context"]!["deadline"]!;
            Assert.That(DateTimeOffset.Parse(context, System.Globalization.CultureInfo.InvariantCulture), Is.InRange(receiver.Now + Limit - Blur, receiver.Now + Limit + Blur));
        }
    }

    private static DateTimeOffset Time(GoFrame frame, string member) =>
        DateTimeOffset.Parse((string)frame.Json[member]!, System.Globalization.CultureInfo.InvariantCulture);
}

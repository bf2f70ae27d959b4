using System.Diagnostics;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Lifecycle;

/// <summary>Whoever waits, waits for a limited time; whoever gives up, is heard by the one who works for it.</summary>
[TestFixture(PeerSide.Edge)]
[TestFixture(PeerSide.Service)]
public sealed class DeadlineTests(PeerSide callerSide)
{
    private static readonly TimeSpan ForwardTimeout = TimeSpan.FromSeconds(1);

    private TestGateway _gateway = null!;
    private FrontierService _service = null!;
    private FrontierEdge _edge = null!;

    private FrontierClient Handler => callerSide == PeerSide.Edge ? _service : _edge;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await TestGateway.StartAsync(("exchange:forward_timeout", "1s"));

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [SetUp]
    public async Task Connect()
    {
        _service = await _gateway.ConnectServiceAsync("deadlines", ["deadlines"]);
        _edge = await _gateway.ConnectEdgeAsync();
    }

    [TearDown]
    public async Task Disconnect()
    {
        await _edge.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Test]
    public async Task A_call_that_nobody_answers_fails_when_the_gateways_time_is_over()
    {
        await using var silent = await SilentPeerAsync();
        var started = Stopwatch.StartNew();
        await Sdk.FailsAsync(FrontierErrorCode.Timeout, "context deadline exceeded", () => CallSilentAsync(silent, null, default));
        Assert.That(started.Elapsed, Is.GreaterThan(ForwardTimeout - TimeSpan.FromMilliseconds(50)));
        await silent.TakeAsync(FrameType.Request);
    }

    [Test]
    public async Task A_callers_earlier_deadline_counts_and_its_handler_hears_that_it_has_passed()
    {
        var (started, ended) = await RegisterWaitingAsync(Handler);
        var options = new CallOptions { Timeout = TimeSpan.FromMilliseconds(300) };
        await Sdk.FailsAsync(FrontierErrorCode.Timeout, "context deadline exceeded", () => CallAsync("wait", options, default));
        await started.InTime();
        await ended.InTime();
    }

    [Test]
    public async Task A_message_that_nobody_acknowledges_fails_when_the_gateways_time_is_over()
    {
        await using var silent = await SilentPeerAsync();
        await Sdk.FailsAsync(FrontierErrorCode.Timeout, "context deadline exceeded", () => callerSide == PeerSide.Edge
            ? _edge.PublishAsync("silence", default).AsTask()
            : _service.PublishAsync(silent.Id, "", default).AsTask());
        await silent.TakeAsync(FrameType.Message);
    }

    [Test]
    public async Task A_deadline_that_has_passed_already_is_not_passed_on()
    {
        await using var silent = await SilentPeerAsync();
        await using var caller = callerSide == PeerSide.Edge ? await GoPeer.EdgeAsync(_gateway) : await GoPeer.ServiceAsync(_gateway);
        var custom = callerSide == PeerSide.Edge ? [] : GoFrame.Id(silent.Id);
        var answer = await caller.CallAsync("silence", default, custom, deadline: "2020-01-01T00:00:00Z");
        Assert.That(answer.Error, Is.EqualTo("context deadline exceeded"));
        Assert.That(silent.Inbox.Where(frame => frame.Type == FrameType.Request), Is.Empty);
    }

    [Test]
    public async Task An_answer_that_comes_too_late_is_dropped_and_nobody_is_answered_twice()
    {
        await using var silent = await SilentPeerAsync();
        await using var caller = callerSide == PeerSide.Edge ? await GoPeer.EdgeAsync(_gateway) : await GoPeer.ServiceAsync(_gateway);
        byte[] custom = callerSide == PeerSide.Edge ? [] : GoFrame.Id(silent.Id);
        var late = await caller.CallAsync("silence", default, custom, deadline: GoFrame.Time(DateTimeOffset.UtcNow.AddMilliseconds(200)));
        Assert.That(late.Error, Is.EqualTo("context deadline exceeded"));
        var request = await silent.TakeAsync(FrameType.Request);
        await silent.PostAsync(GoPeer.Respond(request, "too late"u8));

        // What the caller gets next is the answer to its next call.
        var packetId = await caller.StartCallAsync("silence", default, custom);
        await silent.PostAsync(GoPeer.Respond(await silent.TakeAsync(FrameType.Request), "in time"u8));
        var next = await caller.TakeAsync(FrameType.Response);
        Assert.That(next.PacketId, Is.EqualTo(packetId));
        Assert.That(next.Payload, Is.EqualTo("in time"u8.ToArray()));
    }

    [Test]
    public async Task A_caller_that_gives_up_cancels_the_handler()
    {
        var (started, ended) = await RegisterWaitingAsync(Handler);
        using var cancel = new CancellationTokenSource();
        var call = CallAsync("wait", null, cancel.Token);
        await started.InTime();
        await cancel.CancelAsync();
        Assert.That(async () => await call.InTime(), Throws.InstanceOf<OperationCanceledException>());
        await ended.InTime();
    }

    [Test]
    public async Task A_caller_that_gives_up_cancels_the_handler_inside_a_stream_too()
    {
        var accepted = Handler.AcceptStreamsAsync().NextAsync();
        await using var opened = await (callerSide == PeerSide.Edge ? _edge.OpenStreamAsync("deadlines") : _service.OpenStreamAsync(_edge.EdgeId)).InTime();
        await using var other = await accepted.InTime();
        var started = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await other.RegisterAsync("wait", Waiting(started, ended));
        using var cancel = new CancellationTokenSource();
        var call = opened.CallAsync("wait", default, null, cancel.Token).AsTask();
        await started.Task.InTime();
        await cancel.CancelAsync();
        Assert.That(async () => await call.InTime(), Throws.InstanceOf<OperationCanceledException>());
        await ended.Task.InTime();
    }

    [Test]
    public async Task A_caller_that_vanishes_cancels_the_handler()
    {
        var (started, ended) = await RegisterWaitingAsync(Handler);
        var caller = callerSide == PeerSide.Edge ? await GoPeer.EdgeAsync(_gateway) : await GoPeer.ServiceAsync(_gateway);
        await caller.StartCallAsync("wait", default, callerSide == PeerSide.Edge ? default : GoFrame.Id(_edge.EdgeId));
        await started.InTime();
        caller.Reset();
        await ended.InTime();
        await caller.DisposeAsync();
    }

    [Test]
    public async Task A_peer_of_the_original_is_never_sent_a_cancellation_it_could_not_read()
    {
        await using var silent = await SilentPeerAsync();
        using var cancel = new CancellationTokenSource();
        var call = CallSilentAsync(silent, null, cancel.Token);
        await silent.TakeAsync(FrameType.Request);
        await cancel.CancelAsync();
        Assert.That(async () => await call.InTime(), Throws.InstanceOf<OperationCanceledException>());

        // The connection is in order: the next call arrives, and nothing else did before it.
        var next = CallSilentAsync(silent, new CallOptions { Timeout = TimeSpan.FromSeconds(5) }, default);
        var request = await silent.TakeAsync(FrameType.Request);
        Assert.That(silent.Inbox, Is.Empty);
        await silent.PostAsync(GoPeer.Respond(request, default));
        await next.InTime();
    }

    private static async Task<(Task Started, Task Ended)> RegisterWaitingAsync(FrontierClient handler)
    {
        var started = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await handler.RegisterAsync("wait", Waiting(started, ended));
        return (started.Task, ended.Task);
    }

    // Waits until its token ends it, and for nothing else: if the token does not, the test fails by its own deadline.
    private static Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>> Waiting(TaskCompletionSource started, TaskCompletionSource ended) =>
        async (request, cancellationToken) =>
        {
            started.TrySetResult();
            try
            {
                return await Sdk.Never(request, cancellationToken);
            }
            finally
            {
                ended.TrySetResult();
            }
        };

    // A peer on the other side that is asked and does not answer.
    private async Task<GoPeer> SilentPeerAsync()
    {
        var silent = callerSide == PeerSide.Edge ? await GoPeer.ServiceAsync(_gateway, "", ["silence"]) : await GoPeer.EdgeAsync(_gateway);
        await silent.ServeAsync("silence", _ => null);
        return silent;
    }

    private Task<CallResponse> CallSilentAsync(GoPeer silent, CallOptions? options, CancellationToken cancellationToken) => callerSide == PeerSide.Edge
        ? _edge.CallAsync("silence", default, options, cancellationToken).AsTask()
        : _service.CallAsync(silent.Id, "silence", default, options, cancellationToken).AsTask();

    private Task<CallResponse> CallAsync(string method, CallOptions? options, CancellationToken cancellationToken) => callerSide == PeerSide.Edge
        ? _edge.CallAsync(method, default, options, cancellationToken).AsTask()
        : _service.CallAsync(_edge.EdgeId, method, default, options, cancellationToken).AsTask();
}

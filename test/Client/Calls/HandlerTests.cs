using System.Text;
using Frontier.Protocol;

namespace Frontier.Client.Tests;

[TestFixture(false, TestName = "HandlerTests(plain)")]
[TestFixture(true, TestName = "HandlerTests(extended)")]
public sealed class HandlerTests(bool extended) : BothFormsFixture(extended)
{
    [Test]
    public async Task A_registered_method_is_announced_and_serves_calls()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        FrontierRequest? got = null;
        await edge.RegisterAsync(
            "größe",
            (request, _) =>
            {
                got = request;
                return new ValueTask<CallResponse>(new CallResponse(new byte[] { 1 }, new byte[] { 2 }));
            }).InTime();
        Assert.That(end.Registered, Is.EqualTo(new[] { (1UL, "größe") }));
        var reply = await end.CallAsync("größe", [7, 8], [9]).InTime();
        Assert.Multiple(() =>
        {
            Assert.That(reply.Error, Is.Empty);
            Assert.That(reply.Payload, Is.EqualTo(new byte[] { 1 }));
            Assert.That(reply.Custom, Is.EqualTo(new byte[] { 2 }));
            Assert.That(got!.Method, Is.EqualTo("größe"));
            Assert.That(got.Payload.ToArray(), Is.EqualTo(new byte[] { 7, 8 }));
            Assert.That(got.Custom.ToArray(), Is.EqualTo(new byte[] { 9 }));
            Assert.That((got.EdgeId, got.Deadline, got.Stream), Is.EqualTo((0UL, (DateTimeOffset?)null, (FrontierStream?)null)));
        });
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task A_method_that_is_not_there_is_answered_as_Go_ends_do()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        Assert.That((await end.CallAsync("no\"pe", []).InTime()).Error, Is.EqualTo("no such rpc: no\"pe"));
        Assert.That((await end.CallAsync("", []).InTime()).Error, Is.EqualTo("no such rpc: "));
    }

    [Test]
    public async Task A_refused_registration_fails_and_can_be_tried_again()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        for (var i = 0; i < 2; i++)
        {
            var error = await Assert.ThrowsAsync<FrontierException>(() => edge.RegisterAsync("forbidden", Echo).InTime());
            Assert.That(error!.Message, Is.EqualTo("not allowed"));
        }

        Assert.That((await end.CallAsync("forbidden", []).InTime()).Error, Does.StartWith("no such rpc"));
        await edge.RegisterAsync("m", Echo).InTime();
        await Assert.ThrowsAsync<InvalidOperationException>(() => edge.RegisterAsync("m", Echo).InTime());
    }

    [Test]
    public async Task A_FrontierException_reaches_the_caller_and_any_other_failure_keeps_its_text_to_itself()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await edge.RegisterAsync("typed", (_, _) => throw new FrontierException(FrontierErrorCode.Unknown, "out of \"ink\"")).InTime();
        await edge.RegisterAsync("untyped", (_, _) => throw new InvalidOperationException("password=123")).InTime();
        await edge.RegisterAsync("empty", (_, _) => throw new FrontierException(FrontierErrorCode.Refused, "")).InTime();
        Assert.That((await end.CallAsync("typed", []).InTime()).Error, Is.EqualTo("out of \"ink\""));
        Assert.That((await end.CallAsync("untyped", []).InTime()).Error, Is.EqualTo("handler failed"));
        Assert.That((await end.CallAsync("empty", []).InTime()).Error, Is.EqualTo("Refused"));
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task What_is_ambient_where_an_edge_connects_does_not_stick_to_its_handlers()
    {
        await using var gateway = new TestGateway();
        var ambient = new AsyncLocal<string> { Value = "connecting" };
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await edge.RegisterAsync("ambient", (_, _) => new ValueTask<CallResponse>(Encoding.UTF8.GetBytes(ambient.Value ?? "nothing"))).InTime();
        Assert.That(Encoding.UTF8.GetString((await end.CallAsync("ambient", []).InTime()).Payload), Is.EqualTo("nothing"));
    }

    [Test]
    public async Task A_handler_that_blocks_does_not_hold_up_others()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        using var release = new ManualResetEventSlim();
        await edge.RegisterAsync(
            "block",
            (_, _) =>
            {
                Assert.That(release.Wait(Soon.Limit, CancellationToken.None));
                return default;
            }).InTime();
        await edge.RegisterAsync("echo", Echo).InTime();
        var blocked = end.CallAsync("block", []);
        Assert.That((await end.CallAsync("echo", [5]).InTime()).Payload, Is.EqualTo(new byte[] { 5 }));
        release.Set();
        Assert.That((await blocked.InTime()).Error, Is.Empty);
    }

    [Test]
    public async Task A_caller_that_gives_up_cancels_the_handler()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _0 = edge;
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var canceled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await edge.RegisterAsync("wait", (_, token) => WaitAsync(running, canceled, token)).InTime();
        _ = end.CallAsync("wait", [], null, null, GeminioConnection.RootSessionId, out var reply);
        await running.Task.InTime();
        end.CancelPending(reply, 1);
        await canceled.Task.InTime();
        await PendingState.IsEmptyAsync(edge);
        await edge.RegisterAsync("echo", Echo).InTime();
        for (var i = 0; i < 10; i++)
        {
            Assert.That((await end.CallAsync("echo", [1]).InTime()).Error, Is.Empty, "a later call is not canceled with it");
        }
    }

    [Test]
    public async Task The_callers_deadline_cancels_the_handler()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await edge.RegisterAsync("wait", (_, token) => WaitAsync(new(), new(), token)).InTime();
        var near = DateTime.UtcNow.AddMilliseconds(100);
        Assert.That((await end.CallAsync("wait", [], deadline: near).InTime()).Error, Is.EqualTo("context deadline exceeded"));
        Assert.That((await end.CallAsync("wait", [], deadline: near).InTime()).Error, Is.EqualTo("context deadline exceeded"), "passed already");
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task The_end_of_the_connection_cancels_handlers()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var canceled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await edge.RegisterAsync("wait", (_, token) => WaitAsync(running, canceled, token)).InTime();
        var call = end.CallAsync("wait", []);
        await running.Task.InTime();
        end.Cut();
        await canceled.Task.InTime();
        await edge.Completion.InTime();
        await Assert.CatchAsync<InvalidOperationException>(() => call.InTime());
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task Two_hundred_calls_of_an_edge_are_served_at_once()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        var waiting = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await edge.RegisterAsync(
            "meet",
            async (request, _) =>
            {
                if (Interlocked.Increment(ref waiting) == 200)
                {
                    all.SetResult();
                }

                await all.Task;
                return request.Payload;
            }).InTime();
        var replies = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => end.CallAsync("meet", BitConverter.GetBytes(i)))).InTime();
        Assert.That(replies.Select(r => BitConverter.ToInt32(r.Payload)), Is.EqualTo(Enumerable.Range(0, 200)));
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task Many_large_answers_wait_for_room_and_all_arrive()
    {
        await using var gateway = new TestGateway { Options = new ConnectionOptions { MaxOutboundBytes = 64 * 1024 * 1024 } };
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        var large = new byte[2 * 1024 * 1024];
        Random.Shared.NextBytes(large);
        await edge.RegisterAsync("large", (_, _) => new ValueTask<CallResponse>(large)).InTime();
        var replies = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => end.CallAsync("large", []))).InTime();
        Assert.That(replies.All(r => r.Payload.AsSpan().SequenceEqual(large)));
        Assert.That(edge.IsConnected);
    }

    [Test]
    public async Task An_answer_above_the_limit_becomes_an_error()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await edge.RegisterAsync("huge", (_, _) => new ValueTask<CallResponse>(new byte[10 * 1024 * 1024])).InTime();
        Assert.That((await end.CallAsync("huge", []).InTime()).Error, Is.EqualTo("too large"));
        Assert.That(edge.IsConnected);
    }

    internal static ValueTask<CallResponse> Echo(FrontierRequest request, CancellationToken cancellationToken) => new(request.Payload);

    private static async ValueTask<CallResponse> WaitAsync(TaskCompletionSource running, TaskCompletionSource canceled, CancellationToken token)
    {
        running.TrySetResult();
        try
        {
            await Task.Delay(Timeout.Infinite, token);
        }
        catch (OperationCanceledException)
        {
            canceled.TrySetResult();
            throw;
        }

        return Encoding.UTF8.GetBytes("not canceled");
    }
}

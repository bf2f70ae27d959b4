using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Frontier.Protocol;

namespace Frontier.Client.Tests;

[TestFixture(false, TestName = "CallTests(plain)")]
[TestFixture(true, TestName = "CallTests(extended)")]
public sealed class CallTests(bool extended) : BothFormsFixture(extended)
{
    [Test]
    public async Task A_call_carries_method_payload_and_custom_there_and_payload_and_custom_back()
    {
        await using var gateway = new TestGateway();
        gateway.OnRequest = (end, request) => end.Answer(request, [4, 5], [6]);
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        var response = await edge.CallAsync("añadir \"x\\y\"", new byte[] { 1, 2, 3 }, new CallOptions { Custom = new byte[] { 9 } }).InTime();
        Assert.That(end.Seen.TryDequeue(out var seen));
        Assert.Multiple(() =>
        {
            Assert.That(seen!.Method, Is.EqualTo("añadir \"x\\y\""));
            Assert.That(seen.Payload, Is.EqualTo(new byte[] { 1, 2, 3 }));
            Assert.That(seen.Custom, Is.EqualTo(new byte[] { 9 }));
            Assert.That(seen.Deadline.IsZero, "a call without a time of its own tells no deadline");
            Assert.That(response.Payload.ToArray(), Is.EqualTo(new byte[] { 4, 5 }));
            Assert.That(response.Custom.ToArray(), Is.EqualTo(new byte[] { 6 }));
        });
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(65_536)]
    [TestCase(65_537)]
    [TestCase(1024 * 1024)]
    [TestCase(7 * 1024 * 1024)]
    public async Task A_payload_of_any_allowed_size_comes_back_whole(int size)
    {
        await using var gateway = new TestGateway();
        var (edge, _) = await gateway.ConnectEdgeAsync();
        await using var _2 = edge;
        var payload = RandomNumberGenerator.GetBytes(size);
        Assert.That((await edge.CallAsync("echo", payload).InTime()).Payload.Span.SequenceEqual(payload));
    }

    [Test]
    public async Task A_payload_above_the_limit_fails_and_the_connection_stays()
    {
        await using var gateway = new TestGateway();
        var (edge, _) = await gateway.ConnectEdgeAsync();
        await using var _2 = edge;
        foreach (var size in new[] { IsExtended ? 10 * 1024 * 1024 : 8 * 1024 * 1024, 20 * 1024 * 1024 })
        {
            var error = await Assert.ThrowsAsync<FrontierException>(() => edge.CallAsync("echo", new byte[size]).InTime());
            Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.TooLarge));
        }

        Assert.That((await edge.CallAsync("echo", "still here"u8.ToArray()).InTime()).Payload.Length, Is.EqualTo(10));
        await PendingState.IsEmptyAsync(edge);
    }

    [TestCase("record not found", FrontierErrorCode.MethodNotFound)]
    [TestCase("no such rpc: x", FrontierErrorCode.MethodNotFound)]
    [TestCase("edge not online", FrontierErrorCode.EdgeNotOnline)]
    [TestCase("out of <paper>", FrontierErrorCode.Unknown)]
    public async Task An_error_answer_becomes_a_typed_exception_with_the_peers_text(string text, FrontierErrorCode code)
    {
        await using var gateway = new TestGateway();
        gateway.OnRequest = (end, request) => end.Answer(request, error: text);
        var (edge, _) = await gateway.ConnectEdgeAsync();
        await using var _2 = edge;
        var error = await Assert.ThrowsAsync<FrontierException>(() => edge.CallAsync("x", default).InTime());
        Assert.That((error!.Code, error.Message), Is.EqualTo((code, text)));
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task A_call_that_is_not_answered_in_its_time_times_out_and_the_peer_is_told_the_deadline()
    {
        await using var gateway = new TestGateway { OnRequest = (_, _) => { } };
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        var error = await Assert.ThrowsAsync<FrontierException>(
            () => edge.CallAsync("slow", default, new CallOptions { Timeout = TimeSpan.FromMilliseconds(50) }).InTime());
        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.Timeout));
        await Soon.UntilAsync(() => !end.CanceledIds.IsEmpty, "the gateway hears that the caller gave up");
        Assert.That(end.Seen.TryDequeue(out var seen));
        Assert.That(seen!.Deadline.UtcTicks, Is.InRange(DateTime.UtcNow.AddMinutes(-1).Ticks, DateTime.UtcNow.AddSeconds(2).Ticks), "to the second for an end that reads times");
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task The_default_time_limit_applies_to_calls_without_one()
    {
        await using var gateway = new TestGateway { OnRequest = (_, _) => { } };
        var (edge, _) = await gateway.ConnectEdgeAsync(o => o with { DefaultTimeout = TimeSpan.FromMilliseconds(50) });
        await using var _2 = edge;
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => edge.CallAsync("slow", default).InTime()))!.Code, Is.EqualTo(FrontierErrorCode.Timeout));
    }

    [Test]
    public async Task A_canceled_call_ends_at_once_and_the_peer_is_told()
    {
        await using var gateway = new TestGateway { OnRequest = (_, _) => { } };
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        using var giveUp = new CancellationTokenSource();
        var call = edge.CallAsync("slow", default, cancellationToken: giveUp.Token).AsTask();
        await Soon.UntilAsync(() => !end.Seen.IsEmpty, "the call has arrived");
        giveUp.Cancel();
        var error = await Assert.CatchAsync<OperationCanceledException>(() => call.InTime());
        Assert.That(error!.CancellationToken, Is.EqualTo(giveUp.Token));
        await Soon.UntilAsync(() => !end.CanceledIds.IsEmpty, "the gateway hears that the caller gave up");
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task A_peer_that_does_not_know_cancellation_is_not_sent_any()
    {
        await using var gateway = new TestGateway
        {
            Options = new ConnectionOptions { Features = PeerFeatures.None },
            OnRequest = (end, request) =>
            {
                if (request.Method == "after")
                {
                    end.Answer(request);
                }
            },
        };
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        using var giveUp = new CancellationTokenSource();
        var call = edge.CallAsync("slow", default, cancellationToken: giveUp.Token).AsTask();
        giveUp.Cancel();
        await Assert.CatchAsync<OperationCanceledException>(() => call.InTime());
        await edge.CallAsync("after", default).InTime();
        Assert.That(end.CanceledIds, Is.Empty);
    }

    [Test]
    public async Task A_token_that_is_canceled_already_sends_nothing()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await Assert.CatchAsync<OperationCanceledException>(() => edge.CallAsync("m", default, cancellationToken: new CancellationToken(true)).InTime());
        await edge.CallAsync("after", default).InTime();
        Assert.That(end.Seen.Select(r => r.Method), Is.EqualTo(new[] { "after" }));
    }

    [Test]
    public async Task Two_hundred_concurrent_calls_each_get_their_own_answer()
    {
        await using var gateway = new TestGateway();
        var held = new ConcurrentBag<(GatewayEnd End, Received Request)>();
        gateway.OnRequest = (end, request) =>
        {
            held.Add((end, request)); // A bag gives back the newest first: answers come in another order than calls.
            if (held.Count == 200)
            {
                foreach (var (to, what) in held)
                {
                    to.Answer(what, what.Payload);
                }
            }
        };
        var (edge, _) = await gateway.ConnectEdgeAsync();
        await using var _2 = edge;
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(
            async i => Encoding.UTF8.GetString((await edge.CallAsync("m", Encoding.UTF8.GetBytes($"call {i}"))).Payload.Span))).InTime();
        Assert.That(answers, Is.EqualTo(Enumerable.Range(0, 200).Select(i => $"call {i}")));
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task A_burst_of_large_calls_waits_for_room_instead_of_failing()
    {
        await using var gateway = new TestGateway { Options = new ConnectionOptions() };
        var (edge, _) = await gateway.ConnectEdgeAsync();
        await using var _2 = edge;
        var payloads = Enumerable.Range(0, 8).Select(_ => RandomNumberGenerator.GetBytes(1024 * 1024)).ToArray();
        var most = 0L;
        var calls = Enumerable.Range(0, 100).Select(async i =>
        {
            var response = await edge.CallAsync("echo", payloads[i % 8]);
            most = Math.Max(most, edge.Connection.OutboundBytes);
            Assert.That(response.Payload.Span.SequenceEqual(payloads[i % 8]));
        }).ToArray();
        await Task.WhenAll(calls).InTime();
        Assert.That(most, Is.LessThanOrEqualTo(edge.Connection.Options.MaxOutboundBytes));
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task A_call_that_waits_for_room_can_time_out_and_be_canceled()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        end.Deaf = new TaskCompletionSource();
        var first = edge.CallAsync("first", default).AsTask();
        await Soon.UntilAsync(() => !end.Seen.IsEmpty, "the gateway stopped reading");
        var fill = Enumerable.Range(0, 40).Select(_ => edge.CallAsync("fill", new byte[700_000]).AsTask()).ToArray();
        await Soon.UntilAsync(() => edge.Connection.IsCongested, "much waits to be sent");
        using var giveUp = new CancellationTokenSource();
        var timed = edge.CallAsync("timed", default, new CallOptions { Timeout = TimeSpan.FromMilliseconds(50) }).AsTask();
        var canceled = edge.CallAsync("canceled", default, cancellationToken: giveUp.Token).AsTask();
        giveUp.Cancel();
        Assert.That((await Assert.CatchAsync<OperationCanceledException>(() => canceled.InTime()))!.CancellationToken, Is.EqualTo(giveUp.Token));
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => timed.InTime()))!.Code, Is.EqualTo(FrontierErrorCode.Timeout));
        end.Deaf.SetResult();
        end.Deaf = null;
        await Task.WhenAll([first, .. fill]).InTime();
        Assert.That(end.Seen.Any(r => r.Method is "timed" or "canceled"), Is.False);
        await PendingState.IsEmptyAsync(edge);
        await edge.CloseAsync().InTime();
    }

    [Test]
    public async Task Disposing_fails_the_calls_in_flight_with_a_lost_connection()
    {
        await using var gateway = new TestGateway { OnRequest = (_, _) => { } };
        var (edge, _) = await gateway.ConnectEdgeAsync();
        var calls = Enumerable.Range(0, 50).Select(_ => edge.CallAsync("never", default).AsTask()).ToArray();
        await edge.DisposeAsync().InTime();
        foreach (var call in calls)
        {
            Assert.That((await Assert.ThrowsAsync<FrontierException>(() => call.InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
        }

        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => edge.CallAsync("after", default).InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
        Assert.That(PendingState.Count(edge), Is.Zero);
    }

    [Test]
    public async Task A_cut_connection_ends_each_call_exactly_once()
    {
        for (var round = 0; round < 10; round++)
        {
            await using var gateway = new TestGateway();
            var (edge, end) = await gateway.ConnectEdgeAsync();
            var cutAfter = 20 * round;
            var count = 0;
            gateway.OnRequest = (to, request) =>
            {
                to.Answer(request, request.Payload);
                if (++count == cutAfter)
                {
                    end.Cut();
                }
            };
            var ended = 0;
            var calls = Enumerable.Range(0, 200).Select(async i =>
            {
                try
                {
                    await Task.Yield();
                    await edge.CallAsync("m", BitConverter.GetBytes(i));
                }
                catch (FrontierException e) when (e.Code == FrontierErrorCode.ConnectionLost)
                {
                }

                Interlocked.Increment(ref ended);
            }).ToArray();
            if (cutAfter == 0)
            {
                end.Cut();
            }

            await Task.WhenAll(calls).InTime();
            Assert.That(ended, Is.EqualTo(200));
            await edge.Completion.InTime();
            Assert.That(PendingState.Count(edge), Is.Zero);
        }
    }

    [Test]
    public async Task A_caller_that_blocks_in_its_continuation_does_not_hold_up_other_calls()
    {
        var held = new TaskCompletionSource<Received>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var gateway = new TestGateway
        {
            OnRequest = (to, request) =>
            {
                if (request.Method == "held")
                {
                    held.SetResult(request);
                }
                else
                {
                    to.Answer(request);
                }
            },
        };
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        using var release = new ManualResetEventSlim();
        var blocked = BlockAsync();
        end.Answer(await held.Task.InTime()); // Only now, so that the caller is surely called back.
        for (var i = 0; i < 20; i++)
        {
            await edge.CallAsync("echo", default).InTime();
        }

        release.Set();
        await blocked.InTime();

        async Task BlockAsync()
        {
            await edge.CallAsync("held", default).ConfigureAwait(false);
            Assert.That(release.Wait(Soon.Limit, CancellationToken.None));
        }
    }

    [Test]
    public async Task Calls_canceled_while_their_answer_arrives_never_disturb_another_call()
    {
        await using var gateway = new TestGateway();
        var (edge, _) = await gateway.ConnectEdgeAsync();
        await using var _2 = edge;
        var answered = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                using var giveUp = new CancellationTokenSource();
                var sent = BitConverter.GetBytes((worker * 1000) + i);
                var call = edge.CallAsync("echo", sent, cancellationToken: giveUp.Token);
                if (i % 2 == 0)
                {
                    _ = Task.Run(giveUp.Cancel);
                }

                try
                {
                    Assert.That((await call).Payload.ToArray(), Is.EqualTo(sent));
                    Interlocked.Increment(ref answered);
                }
                catch (OperationCanceledException)
                {
                    Assert.That(i % 2, Is.Zero);
                }
            }
        }))).InTime();
        Assert.That(answered, Is.GreaterThanOrEqualTo(2000));
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task A_method_name_must_be_given_and_short_enough()
    {
        await using var gateway = new TestGateway();
        var (edge, _) = await gateway.ConnectEdgeAsync();
        await using var _2 = edge;
        Assert.Throws<ArgumentException>(() => edge.CallAsync("", default).AsTask());
        Assert.Throws<ArgumentOutOfRangeException>(() => edge.CallAsync("m", default, new CallOptions { Timeout = TimeSpan.Zero }).AsTask());
        Assert.That(Assert.Throws<FrontierException>(() => edge.CallAsync(new string('ä', 513), default).AsTask())!.Code, Is.EqualTo(FrontierErrorCode.TooLarge));
        Assert.That((await edge.CallAsync(new string('ä', 512), "x"u8.ToArray()).InTime()).Payload.Length, Is.EqualTo(1));
    }
}

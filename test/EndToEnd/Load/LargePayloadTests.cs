using System.Security.Cryptography;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;

namespace Frontier.EndToEnd.Tests.Load;

/// <summary>Payloads up to the largest frame, and what happens behind it.</summary>
public sealed class LargePayloadTests
{
    private const int FrameLimit = 10 << 20;

    private FrontierService _service = null!;
    private FrontierEdge _edge = null!;

    private static TestGateway Gateway => SharedGateway.Gateway;

    [OneTimeSetUp]
    public async Task Connect()
    {
        _service = await Gateway.ConnectServiceAsync("", ["large"]);
        _edge = await Gateway.ConnectEdgeAsync();
        await _service.RegisterAsync("large-up", Sdk.Echo);
        await _edge.RegisterAsync("large-down", Sdk.Echo);
        await _service.RegisterAsync("make-up", (request, _) => ValueTask.FromResult<CallResponse>(new byte[BitConverter.ToInt32(request.Payload.Span)]));
        await _edge.RegisterAsync("make-down", (request, _) => ValueTask.FromResult<CallResponse>(new byte[BitConverter.ToInt32(request.Payload.Span)]));
    }

    [OneTimeTearDown]
    public async Task Disconnect()
    {
        await _edge.DisposeAsync();
        await _service.DisposeAsync();
    }

    [TestCase(64 * 1024)]
    [TestCase(1 << 20)]
    [TestCase((FrameLimit / 4 * 3) - 1024)]
    public async Task A_large_payload_arrives_whole_both_ways(int length)
    {
        var payload = RandomNumberGenerator.GetBytes(length);
        Assert.That((await _edge.CallAsync("large-up", payload).InTime()).Payload.Span.SequenceEqual(payload), Is.True);
        Assert.That((await _service.CallAsync(_edge.EdgeId, "large-down", payload).InTime()).Payload.Span.SequenceEqual(payload), Is.True);

        var atService = _service.ReceiveAsync().NextAsync();
        var up = _edge.PublishAsync("large", payload).AsTask();
        await AcknowledgeAsync(await atService.InTime());
        await up.InTime();
        var atEdge = _edge.ReceiveAsync().NextAsync();
        var down = _service.PublishAsync(_edge.EdgeId, "", payload).AsTask();
        await AcknowledgeAsync(await atEdge.InTime());
        await down.InTime();

        async Task AcknowledgeAsync(FrontierMessage message)
        {
            Assert.That(message.Payload.Span.SequenceEqual(payload), Is.True);
            await message.AckAsync();
        }
    }

    [Test]
    public async Task Several_of_the_largest_payloads_at_once_arrive_whole_or_are_refused_for_now()
    {
        var payloads = Enumerable.Range(0, 4).Select(_ => RandomNumberGenerator.GetBytes((FrameLimit / 4 * 3) - 1024)).ToList();
        var answers = await Task.WhenAll(payloads.Select(CallAsync)).InTime();
        Assert.That(answers.Zip(payloads).All(pair => pair.First.Payload.Span.SequenceEqual(pair.Second)), Is.True);

        // The gateway holds a few MiB for a receiver: beyond that a caller hears so and may try again.
        async Task<CallResponse> CallAsync(byte[] payload)
        {
            while (true)
            {
                try
                {
                    return await _edge.CallAsync("large-up", payload);
                }
                catch (FrontierException e) when (e.Code == FrontierErrorCode.SlowConsumer)
                {
                    Assert.That(e.IsRetryable, Is.True);
                    await Task.Delay(20);
                }
            }
        }
    }

    [Test]
    public async Task A_payload_just_above_the_limit_is_too_large_and_the_connection_stays()
    {
        var tooLarge = new byte[FrameLimit];
        await Sdk.FailsAsync(FrontierErrorCode.TooLarge, "too large", () => _edge.CallAsync("large-up", tooLarge).AsTask());
        await Sdk.FailsAsync(FrontierErrorCode.TooLarge, "too large", () => _service.CallAsync(_edge.EdgeId, "large-down", tooLarge).AsTask());
        await Sdk.FailsAsync(FrontierErrorCode.TooLarge, "too large", () => _edge.PublishAsync("large", tooLarge).AsTask());
        await Sdk.FailsAsync(FrontierErrorCode.TooLarge, "too large", () => _service.PublishAsync(_edge.EdgeId, "", tooLarge).AsTask());
        await StillConnectedAsync();
    }

    [Test]
    public async Task An_answer_just_above_the_limit_is_too_large_and_the_connection_stays()
    {
        var length = BitConverter.GetBytes(FrameLimit);
        await Sdk.FailsAsync(FrontierErrorCode.TooLarge, "too large", () => _edge.CallAsync("make-up", length).AsTask());
        await Sdk.FailsAsync(FrontierErrorCode.TooLarge, "too large", () => _service.CallAsync(_edge.EdgeId, "make-down", length).AsTask());
        await StillConnectedAsync();
    }

    private async Task StillConnectedAsync()
    {
        Assert.That((await _edge.CallAsync("large-up", "x"u8.ToArray()).InTime()).Payload.ToArray(), Is.EqualTo("x"u8.ToArray()));
        Assert.That((await _service.CallAsync(_edge.EdgeId, "large-down", "x"u8.ToArray()).InTime()).Payload.ToArray(), Is.EqualTo("x"u8.ToArray()));
    }
}

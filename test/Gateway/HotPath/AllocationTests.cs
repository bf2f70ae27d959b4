using Frontier.Benchmarks;

namespace Frontier.Gateway.Tests;

public class AllocationTests
{
    private const int WarmUps = 2048;
    private const int Forwarded = 8192;

    // Room for what happens once in a while; a single object for each frame would be 24 bytes.
    private const double AllowedBytes = 16;

    [Test]
    public async Task Forwarding_a_call_from_an_edge_to_a_service_and_back_allocates_nothing(
        [Values(128, 16 * 1024)] int payloadBytes, [Values(1, 64)] int inFlight)
    {
        await using var exchange = new GatewayExchange(payloadBytes);
        Assert.That(BytesPerOperation(exchange.Call, inFlight), Is.LessThanOrEqualTo(AllowedBytes));
    }

    [Test]
    public async Task Forwarding_a_call_from_a_service_to_an_edge_and_back_allocates_nothing(
        [Values(128, 16 * 1024)] int payloadBytes, [Values(1, 64)] int inFlight)
    {
        await using var exchange = new GatewayExchange(payloadBytes);
        Assert.That(BytesPerOperation(exchange.CallToEdge, inFlight), Is.LessThanOrEqualTo(AllowedBytes));
    }

    [Test]
    public async Task Forwarding_a_message_and_its_acknowledgement_allocates_nothing(
        [Values(128, 16 * 1024)] int payloadBytes, [Values(1, 64)] int inFlight)
    {
        await using var exchange = new GatewayExchange(payloadBytes);
        Assert.That(BytesPerOperation(exchange.Publish, inFlight), Is.LessThanOrEqualTo(AllowedBytes));
    }

    [Test]
    public async Task Keeping_a_message_for_another_service_until_it_is_acknowledged_allocates_nothing(
        [Values(128, 16 * 1024)] int payloadBytes, [Values(1, 64)] int inFlight)
    {
        await using var exchange = new GatewayExchange(payloadBytes, isTopicShared: true);
        Assert.That(BytesPerOperation(exchange.Publish, inFlight), Is.LessThanOrEqualTo(AllowedBytes));
    }

    [Test]
    public async Task A_thousand_calls_at_once_use_what_the_thousand_before_them_left()
    {
        await using var exchange = new GatewayExchange(128);
        Assert.That(BytesPerOperation(exchange.Call, 1024), Is.LessThanOrEqualTo(AllowedBytes));
    }

    [Test]
    public async Task Forwarding_stream_bytes_allocates_nothing([Values(128, 16 * 1024)] int payloadBytes)
    {
        await using var exchange = new GatewayExchange(payloadBytes);
        Assert.That(BytesPerOperation(exchange.Stream, 64), Is.LessThanOrEqualTo(AllowedBytes));
    }

    // The exchange does everything on the calling thread, so the thread's own count is all of it and nobody else's.
    private static double BytesPerOperation(Action<int> forward, int inFlight)
    {
        Repeat(forward, inFlight, WarmUps);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Repeat(forward, inFlight, Forwarded);
        return (double)(GC.GetAllocatedBytesForCurrentThread() - before) / Forwarded;
    }

    private static void Repeat(Action<int> forward, int inFlight, int operations)
    {
        for (var done = 0; done < operations; done += inFlight)
        {
            forward(inFlight);
        }
    }
}

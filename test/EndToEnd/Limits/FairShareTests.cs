using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Limits;

/// <summary>One source that floods a receiver keeps nobody else out of it.</summary>
[TestFixture(PeerSide.Edge)]
[TestFixture(PeerSide.Service)]
public sealed class FairShareTests(PeerSide floodedSide)
{
    private const int InFlight = 300;

    private TestGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await TestGateway.StartAsync(
        ("limits:max_in_flight_per_connection", $"{InFlight}"), ("limits:max_outbound_bytes_per_connection", "4MiB"));

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [Test]
    public async Task Calls_to_a_slow_method_do_not_get_others_too_many_requests_in_flight()
    {
        await using var flooded = await FloodedAsync();
        await using var flooder = await SenderAsync();
        for (var i = 0; i < 2 * InFlight; i++)
        {
            await flooder.StartCallAsync("slow", custom: CustomFor(flooded));
        }

        await Eventually.HoldsAsync(() => flooder.Inbox.Any(frame => frame.Error == "too many requests in flight"), "the flooder is refused");
        await OthersAreServedAsync(flooded);
    }

    [Test]
    public async Task Large_calls_to_a_reader_that_pauses_do_not_get_others_slow_consumer()
    {
        await using var flooded = await FloodedAsync();
        await using var flooder = await SenderAsync();
        flooded.PauseReading();
        var payload = new byte[200 * 1024];
        for (var i = 0; !flooder.Inbox.Any(frame => frame.Error == "slow consumer"); i++)
        {
            Assert.That(i, Is.LessThan(InFlight), "the flooder is refused");
            var calls = flooder.Inbox.Count;
            await flooder.StartCallAsync("slow", payload, CustomFor(flooded));
            await flooder.StartCallAsync("nobody serves this", custom: floodedSide == PeerSide.Edge ? GoFrame.Id(1) : []);
            await Eventually.HoldsAsync(() => flooder.Inbox.Count > calls, "what came before has been handled");
        }

        await using var other = await SenderAsync();
        var asked = await other.StartCallAsync("echo", "x"u8.ToArray(), CustomFor(flooded));
        flooded.ResumeReading();
        Assert.That((await other.TakeAsync(FrameType.Response, asked)).Error, Is.Empty);
    }

    private async Task OthersAreServedAsync(GoPeer flooded)
    {
        for (var i = 0; i < 5; i++)
        {
            await using var other = await SenderAsync();
            var answer = await other.CallAsync("echo", "x"u8.ToArray(), CustomFor(flooded));
            Assert.That((answer.Error, answer.Payload), Is.EqualTo(("", "x"u8.ToArray())));
        }
    }

    private async Task<GoPeer> FloodedAsync()
    {
        var flooded = floodedSide == PeerSide.Edge ? await GoPeer.EdgeAsync(_gateway) : await GoPeer.ServiceAsync(_gateway);
        await flooded.ServeAsync("slow", _ => null);
        await flooded.ServeEchoAsync("echo");
        return flooded;
    }

    private async Task<GoPeer> SenderAsync() => floodedSide == PeerSide.Edge ? await GoPeer.ServiceAsync(_gateway) : await GoPeer.EdgeAsync(_gateway);

    private byte[] CustomFor(GoPeer flooded) => floodedSide == PeerSide.Edge ? GoFrame.Id(flooded.Id) : [];
}

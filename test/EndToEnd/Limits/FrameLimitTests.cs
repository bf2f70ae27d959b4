using Frontier.EndToEnd.Tests.Support;

namespace Frontier.EndToEnd.Tests.Limits;

/// <summary>A frame may grow on its way through the gateway, by an edge's id or a deadline: at the limit, byte for byte, it arrives or is refused.</summary>
public sealed class FrameLimitTests
{
    private const int Limit = 16 * 1024;

    private TestGateway _gateway = null!;
    private GoPeer _service = null!;
    private GoPeer _edge = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _gateway = await TestGateway.StartAsync(("limits:max_frame_bytes", "16KiB"), ("limits:max_meta_bytes", "1KiB"));
        _service = await GoPeer.ServiceAsync(_gateway);
        _edge = await GoPeer.EdgeAsync(_gateway);
        foreach (var peer in new[] { _service, _edge })
        {
            await peer.ServeEchoAsync("echo");
            // Its answer is as long as it is told to, with one byte of custom.
            await peer.ServeAsync("make", request => Answer(request, BitConverter.ToInt32(request.Payload)));
        }
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _edge.DisposeAsync();
        await _service.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Test]
    public async Task A_request_at_the_limit_arrives_whole_or_is_refused_and_never_costs_the_connection([Values] PeerSide caller)
    {
        var (peer, custom) = caller == PeerSide.Edge ? (_edge, []) : (_service, GoFrame.Id(_edge.Id));
        var results = new List<bool>();
        // From well below the limit up to the largest frame that the gateway reads.
        for (var length = (Limit * 3 / 4) - 300; ; length++)
        {
            var request = GoFrame.Data(Protocol.FrameType.Request, peer.NextPacketId(), method: "echo", payload: new byte[length], custom: custom);
            if (request.Bytes.Length > Limit)
            {
                break;
            }

            await peer.PostAsync(request);
            var answer = await peer.TakeAsync(Protocol.FrameType.Response, request.PacketId);
            Assert.That(answer.Error, Is.Empty.Or.EqualTo("too large"));
            results.Add(answer.Error.Length == 0);
            Assert.That(answer.Payload, Has.Length.EqualTo(results[^1] ? length : 0));
        }

        Assert.That(results, Does.Contain(true));
        Assert.That(results, Is.Ordered.Descending);
        if (caller == PeerSide.Edge)
        {
            Assert.That(results, Does.Contain(false), "the edge's id behind custom makes an edge's request longer");
        }
    }

    [Test]
    public async Task An_answer_at_the_limit_arrives_whole_or_as_an_error_and_never_costs_the_connection([Values] PeerSide caller)
    {
        var (peer, custom) = caller == PeerSide.Edge ? (_edge, []) : (_service, GoFrame.Id(_edge.Id));
        var results = new List<bool>();
        for (var length = (Limit * 3 / 4) - 300; Answer(GoFrame.Data(Protocol.FrameType.Request, 1, method: "make"), length).Bytes.Length <= Limit; length++)
        {
            var answer = await peer.CallAsync("make", BitConverter.GetBytes(length), custom);
            Assert.That(answer.Bytes, Has.Length.LessThanOrEqualTo(Limit));
            Assert.That(answer.Error, Is.Empty.Or.EqualTo("too large"));
            results.Add(answer.Error.Length == 0);
            Assert.That(answer.Payload, Has.Length.EqualTo(results[^1] ? length : 0));
        }

        Assert.That(results, Does.Contain(true));
        Assert.That(results, Is.Ordered.Descending);
        if (caller == PeerSide.Service)
        {
            Assert.That(results, Does.Contain(false), "the edge's id behind custom makes an edge's answer longer");
        }
    }

    private static GoFrame Answer(GoFrame request, int length) => GoPeer.Respond(request, new byte[length], "c"u8);
}

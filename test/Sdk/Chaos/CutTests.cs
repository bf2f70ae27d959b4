using Frontier.Client;

namespace Frontier.Sdk.Tests.Chaos;

/// <summary>The connection of an edge is cut at every boundary of the frames of a conversation, and in the middle of each.</summary>
public sealed class CutTests
{
    private LiveGateway _gateway = null!;
    private FrontierService _service = null!;
    private Task _serving = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _gateway = await LiveGateway.StartAsync();
        _service = await FrontierService.ConnectAsync(_gateway.ServiceOptions with { Name = "svc", Topics = ["t"], Methods = Support.EchoMethod });
        _serving = Task.WhenAll(AckAsync(), EchoStreamsAsync());
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _service.DisposeAsync();
        await _serving.InTime();
        await _gateway.DisposeAsync();
    }

    [TestCase(0.0)]
    [TestCase(0.5)]
    public async Task Wherever_the_connection_is_cut_everything_ends_once_and_the_edge_comes_back(double part)
    {
        var frames = await CountFramesAsync();
        Assert.That(frames, Is.All.GreaterThanOrEqualTo(8), "the conversation has calls, messages and a stream both ways");
        foreach (var way in new[] { Way.ToGateway, Way.ToClient })
        {
            for (var frame = 0; frame < frames[(int)way]; frame++)
            {
                await using var gate = new FrameGate(_gateway.EdgeEndPoint);
                gate.CutAt(way, frame, part);
                await using var edge = new FrontierEdge(Options(gate));
                var where = $"cut {way} at frame {frame} + {part}";
                await edge.StartAsync().InTime(); // The first connection is tried again, too.
                var outcome = await ConverseAsync(edge);
                Assert.That(outcome.Ended, Is.EqualTo(outcome.Started), where);
                gate.Open();
                await edge.WaitUntilConnectedAsync().InTime();
                await Support.SucceedsAsync(async () =>
                {
                    var again = await ConverseAsync(edge);
                    return again.Failure is null ? again : throw again.Failure;
                });
                Assert.That(await CallBackAsync(edge.EdgeId), Is.EqualTo(new byte[] { 1 }), where);
            }
        }
    }

    private static FrontierEdgeOptions Options(FrameGate gate) => new()
    {
        EndPoint = gate.EndPoint,
        Methods = Support.EchoMethod,
        Reconnect = Support.FastReconnect with { RetryFirstConnection = true },
    };

    private async Task<int[]> CountFramesAsync()
    {
        await using var gate = new FrameGate(_gateway.EdgeEndPoint);
        await using var edge = await FrontierEdge.ConnectAsync(Options(gate));
        var outcome = await ConverseAsync(edge);
        Assert.That(outcome.Failure, Is.Null);
        return [.. gate.Frames];
    }

    // Calls both ways, a message, and a stream: each ends, one way or the other.
    private async Task<(int Started, int Ended, FrontierException? Failure)> ConverseAsync(FrontierEdge edge)
    {
        var ended = 0;
        FrontierException? failure = null;
        Func<Task>[] steps =
        [
            async () => Assert.That((await edge.CallAsync("echo", new byte[] { 7 })).Payload.ToArray(), Is.EqualTo(new byte[] { 7 })),
            () => edge.PublishAsync("t", new byte[] { 8 }).AsTask(),
            async () => Assert.That(await CallBackAsync(edge.EdgeId), Is.EqualTo(new byte[] { 1 })),
            async () =>
            {
                await using var stream = await edge.OpenStreamAsync("svc");
                await stream.WriteAsync("stream"u8.ToArray());
                await stream.CompleteWritesAsync();
                using var back = new MemoryStream();
                await stream.CopyToAsync(back);
                Assert.That(back.ToArray(), Is.EqualTo("stream"u8.ToArray()));
            },
        ];
        foreach (var step in steps)
        {
            try
            {
                await step().InTime();
            }
            catch (FrontierException e)
            {
                failure = e;
            }
            catch (IOException e)
            {
                failure = (FrontierException)e.InnerException!;
            }

            ended++;
        }

        return (steps.Length, ended, failure);
    }

    private async Task<byte[]> CallBackAsync(ulong edgeId) => (await _service.CallAsync(edgeId, "echo", new byte[] { 1 })).Payload.ToArray();

    private async Task AckAsync()
    {
        await foreach (var message in _service.ReceiveAsync())
        {
            await message.AckAsync();
        }
    }

    private async Task EchoStreamsAsync()
    {
        await foreach (var stream in _service.AcceptStreamsAsync())
        {
            _ = EchoAsync(stream);
        }
    }

    private static async Task EchoAsync(FrontierStream stream)
    {
        await using var _ = stream;
        try
        {
            await stream.CopyToAsync(stream);
            await stream.CompleteWritesAsync();
        }
        catch (IOException)
        {
            // Cut.
        }
    }
}

using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;

namespace Frontier.EndToEnd.Tests.Limits;

/// <summary>Peers that do not read what others send them.</summary>
[TestFixture(PeerSide.Edge)]
[TestFixture(PeerSide.Service)]
public sealed class SlowReaderTests(PeerSide slowSide)
{
    private TestGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await TestGateway.StartAsync(
        ("limits:max_outbound_bytes_per_connection", "256KiB"), ("limits:slow_consumer_timeout", "2s"));

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [Test]
    public async Task A_peer_that_does_not_read_delays_nobody_else_and_is_cut_with_the_reason()
    {
        var label = slowSide == PeerSide.Edge ? "edge" : "service";
        var before = await _gateway.MetricsAsync();
        var lines = _gateway.Log.Lines.Count;
        await using var slow = slowSide == PeerSide.Edge
            ? await GoPeer.EdgeAsync(_gateway, receiveBufferBytes: 4096)
            : await GoPeer.ServiceAsync(_gateway, receiveBufferBytes: 4096);
        await slow.ServeAsync("flood", _ => null);
        await using var good = slowSide == PeerSide.Edge ? await GoPeer.EdgeAsync(_gateway) : await GoPeer.ServiceAsync(_gateway);
        await good.ServeEchoAsync("good");
        await using var sender = slowSide == PeerSide.Edge ? await GoPeer.ServiceAsync(_gateway) : await GoPeer.EdgeAsync(_gateway);
        byte[] ToSlow() => slowSide == PeerSide.Edge ? GoFrame.Id(slow.Id) : [];
        byte[] ToGood() => slowSide == PeerSide.Edge ? GoFrame.Id(good.Id) : [];

        slow.PauseReading();
        var payload = new byte[64 * 1024];
        var refused = 0;
        var asked = new List<ulong>();
        while (refused == 0)
        {
            asked.Add(await sender.StartCallAsync("flood", payload, ToSlow()));
            // The same sender, on the same connection, is answered by the good one as ever.
            Assert.That((await sender.CallAsync("good", "x"u8.ToArray(), ToGood())).Payload, Is.EqualTo("x"u8.ToArray()));
            refused += sender.Inbox.Count(frame => frame.Error == "slow consumer");
            Assert.That(asked, Has.Count.LessThan(1000), "64 MiB are more than sockets hold");
        }

        await Eventually.HoldsAsync(
            async () => (await _gateway.MetricsAsync()).Value("frontier_connections_closed_total", ("peer", label), ("reason", "slow_consumer"))
                - before.Value("frontier_connections_closed_total", ("peer", label), ("reason", "slow_consumer")) == 1,
            "the slow peer is cut");
        foreach (var packetId in asked)
        {
            var answer = await sender.TakeAsync(Protocol.FrameType.Response, packetId);
            Assert.That(answer.Error, Is.EqualTo("slow consumer").Or.EqualTo(slowSide == PeerSide.Edge ? "edge not online" : "service not online"));
        }

        Assert.That((await sender.CallAsync("good", "y"u8.ToArray(), ToGood())).Payload, Is.EqualTo("y"u8.ToArray()));
        await Eventually.HoldsAsync(() => _gateway.Log.Lines.Skip(lines).Any(line => line.Text.Contains("slow_consumer", StringComparison.Ordinal)), "the log says so");
        slow.ResumeReading();
    }

    [Test]
    public async Task A_reader_that_reads_a_little_now_and_then_is_slow_but_gets_everything()
    {
        const int Bytes = 12 << 20;
        await using var service = await _gateway.ConnectServiceAsync("slow-stream", configure: SmallBuffer);
        await using var edge = await _gateway.ConnectEdgeAsync(configure: SmallBuffer);
        FrontierClient reader = slowSide == PeerSide.Edge ? edge : service;
        var accepted = reader.AcceptStreamsAsync().NextAsync();
        await using var writing = await (slowSide == PeerSide.Edge ? service.OpenStreamAsync(edge.EdgeId) : edge.OpenStreamAsync("slow-stream")).InTime();
        await using var reading = await accepted.InTime();
        var write = WriteAsync();
        var buffer = new byte[256 * 1024];
        var position = 0L;
        for (int read; (read = await reading.ReadAsync(buffer).InTime()) > 0; position += read)
        {
            for (var i = 0; i < read; i++)
            {
                if (buffer[i] != Expected(position + i))
                {
                    Assert.Fail($"byte {position + i} is wrong");
                }
            }

            await Task.Delay(2); // Slower than the writer, all along.
        }

        await write.InTime();
        Assert.That(position, Is.EqualTo(Bytes));

        static byte Expected(long position) => (byte)(position * 31 / 7);

        async Task WriteAsync()
        {
            var block = new byte[100_000];
            for (var sent = 0; sent < Bytes;)
            {
                var count = Math.Min(block.Length, Bytes - sent);
                for (var i = 0; i < count; i++)
                {
                    block[i] = Expected(sent + i);
                }

                await writing.WriteAsync(block.AsMemory(0, count));
                sent += count;
            }

            await writing.CompleteWritesAsync();
        }

        static TOptions SmallBuffer<TOptions>(TOptions options)
            where TOptions : FrontierClientOptions => options with { StreamBufferBytes = 32 * 1024 };
    }
}

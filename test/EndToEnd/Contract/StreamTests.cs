using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;

namespace Frontier.EndToEnd.Tests.Contract;

/// <summary>Streams between edges and services, opened by either.</summary>
[TestFixture(PeerSide.Edge, Ends.Extended)]
[TestFixture(PeerSide.Service, Ends.Extended)]
[TestFixture(PeerSide.Edge, Ends.Plain)]
[TestFixture(PeerSide.Service, Ends.Plain)]
[TestFixture(PeerSide.Edge, Ends.PlainEdge)]
[TestFixture(PeerSide.Service, Ends.PlainEdge)]
[TestFixture(PeerSide.Edge, Ends.PlainService)]
[TestFixture(PeerSide.Service, Ends.PlainService)]
public sealed class StreamTests(PeerSide openedBy, Ends ends) : EndsFixture(ends)
{
    private const string ServiceName = "streams \"and\" more";

    private FrontierService _service = null!;
    private FrontierEdge _edge = null!;

    private static TestGateway Gateway => SharedGateway.Gateway;

    [SetUp]
    public async Task Connect()
    {
        _service = await Gateway.ConnectServiceAsync(ServiceName);
        _edge = await Gateway.ConnectEdgeAsync();
    }

    [TearDown]
    public async Task Disconnect()
    {
        await _edge.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Test]
    public async Task The_acceptor_learns_who_opened_and_what_it_said_about_it()
    {
        byte[] meta = [0, 255, .. "file.bin"u8];
        var (opened, accepted) = await OpenAsync(meta);
        await using var openedStream = opened;
        await using var acceptedStream = accepted;
        var edgeId = _edge.EdgeId.ToString(CultureInfo.InvariantCulture);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(accepted.Meta.ToArray(), Is.EqualTo(meta));
            Assert.That(accepted.Peer, Is.EqualTo(openedBy == PeerSide.Edge ? edgeId : ServiceName));
            Assert.That(accepted.PeerId, Is.EqualTo(openedBy == PeerSide.Edge ? _edge.EdgeId : _service.ServiceId));
            Assert.That(opened.Peer, Is.EqualTo(openedBy == PeerSide.Edge ? ServiceName : edgeId));
        }
    }

    [Test]
    public async Task Bytes_flow_both_ways()
    {
        var (opened, accepted) = await OpenAsync();
        await using var openedStream = opened;
        await using var acceptedStream = accepted;
        await opened.WriteAsync("to the acceptor"u8.ToArray()).InTime();
        await accepted.WriteAsync("to the opener"u8.ToArray()).InTime();
        Assert.That(await ReadAsync(accepted, 15), Is.EqualTo("to the acceptor"));
        Assert.That(await ReadAsync(opened, 13), Is.EqualTo("to the opener"));
    }

    [Test]
    public async Task Messages_flow_both_ways()
    {
        var (opened, accepted) = await OpenAsync();
        await using var openedStream = opened;
        await using var acceptedStream = accepted;
        foreach (var (from, to) in new[] { (opened, accepted), (accepted, opened) })
        {
            var published = from.PublishAsync("topic", "payload"u8.ToArray(), new PublishOptions { Custom = "custom"u8.ToArray() }).AsTask();
            var message = await to.ReceiveAsync().NextAsync().InTime();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(message.Topic, Is.EqualTo("topic"));
                Assert.That(message.Payload.ToArray(), Is.EqualTo("payload"u8.ToArray()));
                Assert.That(message.Custom.ToArray(), Is.EqualTo("custom"u8.ToArray()), "inside a stream nothing is put behind it");
                Assert.That(message.Stream, Is.SameAs(to));
                Assert.That(published.IsCompleted, Is.False);
            }

            await message.FailAsync("no");
            await Sdk.FailsAsync(FrontierErrorCode.Unknown, "no", () => published);
        }
    }

    [Test]
    public async Task Calls_flow_both_ways()
    {
        var (opened, accepted) = await OpenAsync();
        await using var openedStream = opened;
        await using var acceptedStream = accepted;
        foreach (var (from, to) in new[] { (opened, accepted), (accepted, opened) })
        {
            await to.RegisterAsync("shout", (request, _) => ValueTask.FromResult(new CallResponse(
                Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(request.Payload.Span).ToUpperInvariant()), request.Custom)));
            var answer = await from.CallAsync("shout", "hey"u8.ToArray(), new CallOptions { Custom = "custom"u8.ToArray() }).InTime();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(answer.Payload.ToArray(), Is.EqualTo("HEY"u8.ToArray()));
                Assert.That(answer.Custom.ToArray(), Is.EqualTo("custom"u8.ToArray()));
            }

            await Sdk.FailsAsync(FrontierErrorCode.MethodNotFound, "no such rpc: whisper", () => from.CallAsync("whisper", default).AsTask());
        }
    }

    [Test]
    public async Task Each_side_ends_its_half_and_reads_on([Values] bool openerFirst)
    {
        var (opened, accepted) = await OpenAsync();
        await using var openedStream = opened;
        await using var acceptedStream = accepted;
        var (first, second) = openerFirst ? (opened, accepted) : (accepted, opened);
        await first.WriteAsync("question"u8.ToArray()).InTime();
        await first.CompleteWritesAsync().InTime();
        Assert.That(await ReadToEndAsync(second), Is.EqualTo("question"));

        await second.WriteAsync("a long answer"u8.ToArray()).InTime();
        Assert.That(await ReadAsync(first, 13), Is.EqualTo("a long answer"));
        await second.WriteAsync(", and more"u8.ToArray()).InTime();
        await second.CompleteWritesAsync().InTime();
        Assert.That(await ReadToEndAsync(first), Is.EqualTo(", and more"));
    }

    [Test]
    public async Task Everything_written_before_the_end_arrives_before_the_end()
    {
        for (var i = 0; i < 50; i++)
        {
            var (opened, accepted) = await OpenAsync();
            await opened.WriteAsync("last words"u8.ToArray()).InTime();
            await opened.CompleteWritesAsync().InTime();
            await opened.DisposeAsync();
            Assert.That(await ReadToEndAsync(accepted), Is.EqualTo("last words"));
            await accepted.DisposeAsync();
        }
    }

    [Test]
    public async Task Megabytes_both_ways_at_once_arrive_whole_whoever_is_slow()
    {
        const int Megabytes = 8;
        var (opened, accepted) = await OpenAsync();
        await using var openedStream = opened;
        await using var acceptedStream = accepted;
        var data = RandomNumberGenerator.GetBytes(Megabytes << 20);
        var digest = SHA256.HashData(data);
        var sums = await Task.WhenAll(WriteAllAsync(opened), WriteAllAsync(accepted), SumAsync(opened, pause: true), SumAsync(accepted, pause: false)).InTime();
        Assert.That(sums.OfType<byte[]>(), Is.All.EqualTo(digest).And.Exactly(2).Items);

        async Task<byte[]?> WriteAllAsync(FrontierStream stream)
        {
            await stream.WriteAsync(data);
            await stream.CompleteWritesAsync();
            return null;
        }

        static async Task<byte[]?> SumAsync(FrontierStream stream, bool pause)
        {
            using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[100_000];
            for (int read, reads = 0; (read = await stream.ReadAsync(buffer)) > 0; reads++)
            {
                sum.AppendData(buffer.AsSpan(0, read));
                if (pause && reads % 8 == 0)
                {
                    await Task.Delay(5); // The sender is faster than the reader, all along.
                }
            }

            return sum.GetHashAndReset();
        }
    }

    [Test]
    public async Task Many_streams_of_one_pair_do_not_mix()
    {
        const int Streams = 50;
        var pairs = new List<(FrontierStream Opened, FrontierStream Accepted)>();
        for (var i = 0; i < Streams; i++)
        {
            pairs.Add(await OpenAsync(BitConverter.GetBytes(i)));
        }

        var texts = await Task.WhenAll(pairs.Select(async (pair, i) =>
        {
            await pair.Opened.WriteAsync(Encoding.UTF8.GetBytes($"stream {i}"));
            await pair.Opened.CompleteWritesAsync();
            return await ReadToEndAsync(pair.Accepted);
        })).InTime();
        Assert.That(texts, Is.EqualTo(Enumerable.Range(0, Streams).Select(i => $"stream {i}")));
        foreach (var (opened, accepted) in pairs)
        {
            await opened.DisposeAsync();
            await accepted.DisposeAsync();
        }
    }

    [Test]
    public async Task A_stream_to_nobody_fails_with_the_reason() => await (openedBy == PeerSide.Edge
        ? Sdk.FailsAsync(FrontierErrorCode.ServiceNotOnline, "service not online", () => _edge.OpenStreamAsync("nobody"))
        : Sdk.FailsAsync(FrontierErrorCode.EdgeNotOnline, "edge not online", () => _service.OpenStreamAsync(404)));

    private static async Task<string> ReadAsync(FrontierStream stream, int count)
    {
        var buffer = new byte[count];
        await stream.ReadExactlyAsync(buffer).InTime();
        return Encoding.UTF8.GetString(buffer);
    }

    private static async Task<string> ReadToEndAsync(FrontierStream stream)
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        return await reader.ReadToEndAsync().InTime();
    }

    private async Task<(FrontierStream Opened, FrontierStream Accepted)> OpenAsync(byte[]? meta = null)
    {
        FrontierClient acceptor = openedBy == PeerSide.Edge ? _service : _edge;
        var accepted = acceptor.AcceptStreamsAsync().NextAsync();
        var opened = openedBy == PeerSide.Edge ? _edge.OpenStreamAsync(ServiceName, meta) : _service.OpenStreamAsync(_edge.EdgeId, meta);
        return (await opened.InTime(), await accepted.InTime());
    }
}

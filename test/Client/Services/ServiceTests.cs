using System.Buffers.Binary;
using System.Text;
using Frontier.Protocol;

namespace Frontier.Client.Tests;

[TestFixture(false, TestName = "ServiceTests(plain)")]
[TestFixture(true, TestName = "ServiceTests(extended)")]
public sealed class ServiceTests(bool extended) : BothFormsFixture(extended)
{
    private const ulong EdgeId = 0x0102030405060708;

    private static readonly byte[] IdBytes = [1, 2, 3, 4, 5, 6, 7, 8];

    [Test]
    public async Task A_call_to_an_edge_carries_its_id_behind_custom_and_gives_the_answers_custom_back_without_it()
    {
        await using var gateway = new TestGateway(); // Echoes custom, edge id and all, as the gateway appends it to an edge's answer.
        var (service, end) = await gateway.ConnectServiceAsync();
        await using var _ = service;
        foreach (var custom in new byte[][] { [], [9], [9, 8], [9, 8, 7] })
        {
            var response = await service.CallAsync(EdgeId, "m", new byte[] { 5 }, new CallOptions { Custom = custom }).InTime();
            Assert.That(response.Payload.ToArray(), Is.EqualTo(new byte[] { 5 }));
            Assert.That(response.Custom.ToArray(), Is.EqualTo(custom));
            Assert.That(end.Seen.TryDequeue(out var seen));
            Assert.That(seen!.Custom, Is.EqualTo((byte[])[.. custom, .. IdBytes]));
        }
    }

    [Test]
    public async Task A_message_to_an_edge_carries_its_id_behind_custom()
    {
        await using var gateway = new TestGateway();
        var (service, end) = await gateway.ConnectServiceAsync();
        await using var _ = service;
        await service.PublishAsync(EdgeId, "", new byte[] { 5 }, new PublishOptions { Custom = new byte[] { 9 } }).InTime();
        Assert.That(end.Seen.TryDequeue(out var seen));
        Assert.That((seen!.Type, seen.Topic), Is.EqualTo((FrameType.Message, "")));
        Assert.That(seen.Custom, Is.EqualTo((byte[])[9, .. IdBytes]));
    }

    [Test]
    public async Task Requests_and_messages_show_the_edge_they_come_from()
    {
        await using var gateway = new TestGateway();
        var (service, end) = await gateway.ConnectServiceAsync();
        await using var _ = service;
        var seen = new List<(ulong EdgeId, byte[] Custom)>();
        await service.RegisterAsync(
            "who",
            (request, _) =>
            {
                seen.Add((request.EdgeId, request.Custom.ToArray()));
                return new ValueTask<CallResponse>(new CallResponse(default, request.Custom));
            }).InTime();
        Assert.That((await end.CallAsync("who", [], [9, .. IdBytes]).InTime()).Custom, Is.EqualTo(new byte[] { 9 }));
        await end.CallAsync("who", [], [1, 2]).InTime();
        var published = end.PublishAsync("t", [], [7, 7, .. IdBytes]);
        await foreach (var message in service.ReceiveAsync())
        {
            seen.Add((message.EdgeId, message.Custom.ToArray()));
            await message.AckAsync();
            break;
        }

        await published.InTime();
        Assert.That(seen.Select(s => s.EdgeId), Is.EqualTo(new[] { EdgeId, 0UL, EdgeId }));
        Assert.That(seen.Select(s => s.Custom), Is.EqualTo(new byte[][] { [9], [1, 2], [7, 7] }));
    }

    [Test]
    public async Task The_identity_hook_answers_the_meta_with_eight_bytes_or_refuses()
    {
        await using var gateway = new TestGateway();
        var (service, end) = await gateway.ConnectServiceAsync();
        await using var _ = service;
        await service.OnGetEdgeIdAsync((meta, _) => meta.Length == 0
            ? throw new FrontierException(FrontierErrorCode.Refused, "who are you?")
            : new ValueTask<ulong>(BinaryPrimitives.ReadUInt64LittleEndian(meta.Span))).InTime();
        Assert.That(end.Registered, Is.EqualTo(new[] { (1UL, "get_edge_id") }));
        Assert.That((await end.CallAsync("get_edge_id", [8, 7, 6, 5, 4, 3, 2, 1]).InTime()).Payload, Is.EqualTo(IdBytes));
        Assert.That((await end.CallAsync("get_edge_id", []).InTime()).Error, Is.EqualTo("who are you?"));
    }

    [Test]
    public async Task Presence_hooks_get_the_edge_with_its_epoch()
    {
        await using var gateway = new TestGateway();
        var (service, end) = await gateway.ConnectServiceAsync();
        await using var _ = service;
        var online = new List<EdgePresence>();
        var offline = new List<EdgePresence>();
        await service.OnEdgeOnlineAsync((edge, _) =>
        {
            online.Add(edge);
            return edge.EdgeId == 13 ? throw new FrontierException(FrontierErrorCode.Refused, "not you") : default;
        }).InTime();
        await service.OnEdgeOfflineAsync((edge, _) =>
        {
            offline.Add(edge);
            return default;
        }).InTime();
        Assert.That(end.Registered.Select(r => r.Method), Is.EqualTo(new[] { "edge_online", "edge_offline" }));
        var json = """{"EdgeID":7711175395763484467,"Meta":"Ynll","Net":"tcp","Str":"127.0.0.1:48020","Epoch":3,"Later":[1]}"""u8.ToArray();
        var fromGo = """{"EdgeID":5,"Meta":null,"Net":"tcp","Str":"127.0.0.1:1"}"""u8.ToArray();
        Assert.That((await end.CallAsync("edge_online", json).InTime()).Error, Is.Empty);
        Assert.That((await end.CallAsync("edge_offline", fromGo).InTime()).Error, Is.Empty);
        Assert.That((await end.CallAsync("edge_online", """{"EdgeID":13}"""u8.ToArray()).InTime()).Error, Is.EqualTo("not you"));
        Assert.That((await end.CallAsync("edge_online", "{"u8.ToArray()).InTime()).Error, Does.StartWith("malformed presence event"));
        Assert.Multiple(() =>
        {
            Assert.That((online[0].EdgeId, online[0].Address, online[0].Epoch), Is.EqualTo((7711175395763484467UL, "127.0.0.1:48020", 3L)));
            Assert.That(Encoding.UTF8.GetString(online[0].Meta.Span), Is.EqualTo("bye"));
            Assert.That((offline[0].EdgeId, offline[0].Meta.Length, offline[0].Epoch), Is.EqualTo((5UL, 0, 0L)));
        });
    }

    [Test]
    public async Task A_stream_to_an_edge_names_it_in_decimal_and_a_stream_from_one_shows_its_id()
    {
        await using var gateway = new TestGateway();
        var (service, end) = await gateway.ConnectServiceAsync();
        await using var _ = service;
        await using var opened = await service.OpenStreamAsync(EdgeId, "m"u8.ToArray()).InTime();
        Assert.That((end.Streams.Single().Peer, end.Streams.Single().Meta), Is.EqualTo(("72623859790382856", "m"u8.ToArray())));
        Assert.That((opened.Peer, opened.PeerId), Is.EqualTo(("72623859790382856", EdgeId)));
        await end.OpenAsync("42", [1]);
        await foreach (var stream in service.AcceptStreamsAsync())
        {
            Assert.That((stream.Peer, stream.PeerId), Is.EqualTo(("42", 42UL)));
            await stream.DisposeAsync();
            break;
        }
    }
}

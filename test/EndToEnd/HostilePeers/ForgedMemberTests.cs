using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.HostilePeers;

/// <summary>
/// What a peer sends can set nothing but the contract's own members. Random frames with every member of the grammar, those included that gateways
/// set for each other, from an edge and from a service, in both forms, on the connection and inside streams.
/// </summary>
[TestFixture(PeerSide.Edge, false)]
[TestFixture(PeerSide.Edge, true)]
[TestFixture(PeerSide.Service, false)]
[TestFixture(PeerSide.Service, true)]
public sealed class ForgedMemberTests(PeerSide side, bool isBinary)
{
    private const int Frames = 40;
    private const string Method = "method";
    private const string Topic = "topic";
    private static readonly string[] s_members = ["value", "topic", "custom", "error", "code", "timeout", "deadline", "context", "edge", "service", "trace", "retry", "key"];
    private static readonly string[] s_dataMembers = ["key", "value", "custom", "deadline", "context"];

    private readonly Random _random = new(side.GetHashCode() + (isBinary ? 100 : 0));
    private TestGateway _gateway = null!;
    private RawPeer _forger = null!;
    private GoPeer _receiver = null!;
    private GoPeer _victim = null!;
    private GoPeer _otherService = null!;
    private ulong _forgerId;
    private ulong _packetId = 1;

    [OneTimeSetUp]
    public async Task Start()
    {
        _gateway = await TestGateway.StartAsync();
        _victim = await GoPeer.EdgeAsync(_gateway);
        _otherService = await GoPeer.ServiceAsync(_gateway, "other");
        await _victim.ServeAsync(Method, static _ => null);
        _forger = await RawPeer.ConnectAsync(_gateway.PortOf(side));
        _receiver = side == PeerSide.Edge ? await GoPeer.ServiceAsync(_gateway, "receiver", [Topic]) : await GoPeer.EdgeAsync(_gateway);
        await _receiver.ServeAsync(Method, static _ => null);

        var json = "{" + (isBinary ? "\"features\":\"binary\"," : "")
            + $"\"meta\":\"{Convert.ToBase64String(side == PeerSide.Edge ? [] : GoPeer.ServiceMeta("forger", ["forged"]))}\",\"edge\":{_victim.Id},\"service\":7}}";
        await _forger.SendAsync(new GoFrame(FrameType.Conn, NextId(), [(byte)(0x18 | (isBinary ? 0x40 : 0)), 0, .. GoFrame.Id(0), .. Encoding.UTF8.GetBytes(json)]));
        _forgerId = (await _forger.TakeAsync(frame => frame.Type == FrameType.ConnAck, "ConnAck")).ClientId;
        await _forger.SendAsync(GoFrame.Register(NextId(), "forged"));
        await _forger.TakeAsync(frame => frame.Type == FrameType.RegisterAck, "RegisterAck");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        Assert.That(
            _victim.Inbox.Concat(_otherService.Inbox).Where(frame => frame.Type is FrameType.Request or FrameType.Message or FrameType.Session),
            Is.Empty,
            "Nothing reaches anybody whom a forged member names.");
        await Task.WhenAll(_forger.DisposeAsync().AsTask(), _receiver.DisposeAsync().AsTask(), _victim.DisposeAsync().AsTask(), _otherService.DisposeAsync().AsTask());
        await _gateway.DisposeAsync();
    }

    [Test]
    public async Task Of_a_call_or_message_only_the_contracts_members_reach_the_receiver([Values] bool inStream)
    {
        var (session, _) = inStream ? await OpenAsync() : (GoFrame.Root, GoFrame.Root);
        for (var i = 0; i < Frames; i++)
        {
            var type = i % 2 == 0 ? FrameType.Request : FrameType.Message;
            var sent = Forge(type);
            var custom = (byte[])sent["custom"];
            sent["custom"] = side == PeerSide.Service && !inStream ? [.. custom, .. GoFrame.Id(_receiver.Id)] : custom;
            var packetId = NextId();
            await SendAsync(type, packetId, session, sent);

            var received = await _receiver.TakeAsync(type);
            Assert.That(
                received.Json.Select(member => member.Key),
                Is.SubsetOf(type == FrameType.Request ? s_dataMembers : [.. s_dataMembers.Except(["key"]), "topic"]),
                received.ToString());
            Assert.That(received.Payload, Is.EqualTo(sent["value"]));
            Assert.That(received.Custom, Is.EqualTo(side == PeerSide.Edge && !inStream ? [.. custom, .. GoFrame.Id(_forgerId)] : custom));
            Assert.That(received.Method, Is.EqualTo(type == FrameType.Request ? Method : ""));

            await _receiver.PostAsync(type == FrameType.Request ? GoPeer.Respond(received, "done"u8) : GoPeer.Acknowledge(received));
            await _forger.TakeAsync(frame => frame.PacketId == packetId && frame.Type is FrameType.Response or FrameType.MessageAck, "the answer");
        }
    }

    [Test]
    public async Task Of_an_answer_only_the_contracts_members_reach_the_caller([Values] bool inStream)
    {
        var (forgers, receivers) = inStream ? await OpenAsync() : (GoFrame.Root, GoFrame.Root);
        byte[] to = side == PeerSide.Edge && !inStream ? GoFrame.Id(_forgerId) : [];
        for (var i = 0; i < Frames; i++)
        {
            var isCall = i % 2 == 0;
            var asked = isCall
                ? GoFrame.Data(FrameType.Request, _receiver.NextPacketId(), receivers, "forged", "x"u8, custom: to)
                : GoFrame.Data(FrameType.Message, _receiver.NextPacketId(), receivers, topic: "forged", payload: "x"u8, custom: to);
            await _receiver.PostAsync(asked);
            var question = await _forger.TakeAsync(frame => frame.Type == asked.Type, "the question");
            var type = isCall ? FrameType.Response : FrameType.MessageAck;
            var sent = Forge(type);
            await SendAsync(type, question.PacketId, forgers, sent);

            var answer = await _receiver.TakeAsync(type, asked.PacketId);
            var failed = sent.ContainsKey("error");
            Assert.That(
                answer.Json.Select(member => member.Key),
                Is.SubsetOf(isCall ? [.. s_dataMembers, "error"] : (string[])["error", "deadline", "context"]),
                answer.ToString());
            Assert.That(answer.Error, Is.EqualTo(failed ? Encoding.UTF8.GetString((byte[])sent["error"]) : ""));
            Assert.That(answer.Payload, Is.EqualTo(isCall && !failed ? (byte[])sent["value"] : []));
            Assert.That((string?)answer.Json["deadline"], Is.EqualTo(GoFrame.ZeroTime));
            Assert.That((string?)answer.Json["context"]!["deadline"], Is.EqualTo(GoFrame.ZeroTime));
        }
    }

    [Test]
    public async Task A_stream_goes_where_its_peer_says_and_says_who_opened_it()
    {
        var packetId = NextId();
        await _forger.SendAsync(Session(packetId));

        var session = await _receiver.TakeAsync(FrameType.Session);

        var opener = side == PeerSide.Edge ? _forgerId.ToString(CultureInfo.InvariantCulture) : "forger";
        Assert.That((string?)session.Json["peer"], Is.EqualTo(opener));
        Assert.That(session.Json.Select(member => member.Key), Is.SubsetOf(side == PeerSide.Edge ? ["peer"] : (string[])["peer", "peerId"]));
        Assert.That((ulong?)session.Json["peerId"], Is.EqualTo(side == PeerSide.Edge ? (ulong?)null : _forgerId));
    }

    [TestCase("get_edge_id")]
    [TestCase("edge_online")]
    [TestCase("edge_offline")]
    [TestCase("edge_message_outcome")]
    public async Task An_edge_cannot_call_a_reserved_method_whichever_way_it_tries(string method)
    {
        if (side == PeerSide.Service)
        {
            Assert.Pass("Services are trusted with their own methods.");
        }

        await using var service = await GoPeer.ServiceAsync(_gateway, "hooks");
        var called = 0;
        await service.ServeAsync(method, frame =>
        {
            Interlocked.Increment(ref called);
            return GoPeer.Respond(frame, GoFrame.Id(0));
        });
        var (stream, _) = await OpenAsync("hooks", service);
        foreach (var session in (ulong[])[GoFrame.Root, stream])
        {
            var packetId = NextId();
            await SendAsync(FrameType.Request, packetId, session, new() { ["key"] = Encoding.UTF8.GetBytes(method), ["service"] = service.Id });
            var answer = await _forger.TakeAsync(frame => frame.Type == FrameType.Response && frame.PacketId == packetId, "the answer");
            Assert.That(Encoding.UTF8.GetString(answer.Body), Does.Contain("record not found"));
        }

        Assert.That(called, Is.Zero);
    }

    private ulong NextId() => _packetId += 2;

    // The stream's number at the forger's end and at the other.
    private async Task<(ulong Forgers, ulong Acceptors)> OpenAsync(string? name = null, GoPeer? acceptor = null)
    {
        var packetId = NextId();
        await _forger.SendAsync(Session(packetId, name));
        var session = await (acceptor ?? _receiver).AcceptStreamAsync();
        await _forger.TakeAsync(frame => frame.Type == FrameType.SessionAck && frame.PacketId == packetId, "SessionAck");
        return (packetId, session.NegotiateId);
    }

    private GoFrame Session(ulong packetId, string? name = null)
    {
        var peer = name ?? (side == PeerSide.Edge ? "receiver" : _receiver.Id.ToString(CultureInfo.InvariantCulture));
        var json = $$"""{"edge":{{_victim.Id}},"service":{{_otherService.Id}},"peerId":7,"error":"forged","code":1,"peer":"{{peer}}"}""";
        return new GoFrame(FrameType.Session, packetId, [0, 0x10, .. GoFrame.Id(packetId), .. Encoding.UTF8.GetBytes(json)]);
    }

    // Every member of the grammar, each with a chance of being left out where that makes sense.
    private Dictionary<string, object> Forge(FrameType type)
    {
        var sent = new Dictionary<string, object>
        {
            ["value"] = Bytes(_random.Next(40)),
            ["custom"] = Bytes(_random.Next(20)),
            ["edge"] = _victim.Id,
            ["service"] = _otherService.Id,
        };
        var isAnswer = type is FrameType.Response or FrameType.MessageAck;
        foreach (var member in s_members.Where(_ => _random.Next(3) > 0))
        {
            sent.TryAdd(member, member switch
            {
                "topic" or "error" => Encoding.UTF8.GetBytes($"forged{_random.Next(10)}"),
                "key" => Bytes(32),
                "trace" => Bytes(25),
                "code" => (ulong)_random.Next(20),
                "timeout" or "retry" => 1UL,
                _ => (ulong)DateTimeOffset.UtcNow.AddSeconds(20 + _random.Next(40)).ToUnixTimeSeconds(),
            });
        }

        if (!isAnswer && type == FrameType.Request)
        {
            sent["key"] = Encoding.UTF8.GetBytes(Method);
        }
        else if (!isAnswer)
        {
            sent["topic"] = Encoding.UTF8.GetBytes(Topic);
        }

        return sent;
    }

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private Task SendAsync(FrameType type, ulong packetId, ulong session, Dictionary<string, object> members)
    {
        var shuffled = members.ToArray();
        _random.Shuffle(shuffled);
        return _forger.SendAsync(new GoFrame(type, packetId, [.. GoFrame.Id(session), .. isBinary ? Binary(shuffled) : Text(shuffled)]));
    }

    private static byte[] Text(IEnumerable<KeyValuePair<string, object>> members) => Encoding.UTF8.GetBytes("{" + string.Join(',', members.Select(member =>
        $"\"{member.Key}\":" + member.Key switch
        {
            "topic" or "error" => $"\"{Encoding.UTF8.GetString((byte[])member.Value)}\"",
            "deadline" => $"\"{Time(member.Value)}\"",
            "context" => $"{{\"deadline\":\"{Time(member.Value)}\"}}",
            _ => member.Value is byte[] bytes ? $"\"{Convert.ToBase64String(bytes)}\"" : member.Value.ToString(),
        })) + "}");

    private static string Time(object seconds) => GoFrame.Time(DateTimeOffset.FromUnixTimeSeconds((long)(ulong)seconds));

    private static byte[] Binary(IEnumerable<KeyValuePair<string, object>> members)
    {
        var body = new List<byte> { 1 };
        foreach (var (name, value) in members)
        {
            var field = name switch
            {
                "key" => 1, "value" => 2, "custom" => 3, "topic" => 4, "error" => 5, "code" => 6, "timeout" => 7, "deadline" => 8, "edge" => 10, "service" => 11, "trace" => 12, "retry" => 13, _ => 0,
            };
            if (value is byte[] bytes && field > 0)
            {
                body.AddRange([(byte)((field << 3) | 2), (byte)bytes.Length, .. bytes]);
            }
            else if (field is 8 or 10 or 11)
            {
                var number = new byte[8];
                BinaryPrimitives.WriteUInt64LittleEndian(number, field == 8 ? (ulong)value * 1_000_000_000 : (ulong)value);
                body.AddRange([(byte)((field << 3) | 1), .. number]);
            }
            else if (field > 0)
            {
                body.AddRange([(byte)(field << 3), (byte)((ulong)value & 0x7f)]);
            }
        }

        return [.. body];
    }
}

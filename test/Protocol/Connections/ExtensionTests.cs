using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

/// <summary>What two ends agree on beyond the plain protocol, and what they do to ends that did not agree.</summary>
[TestFixture]
public sealed class ExtensionTests
{
    private const string AllNames = "cancel,credit,binary,errors,move,keep,exactid,abort,remaining";

    private static readonly ConnectionOptions Extended = new() { Features = PeerFeatures.All };

    [Test]
    public async Task A_dialer_announces_by_name_and_two_ends_agree_on_what_both_know()
    {
        var (dialer, peer, conn) = await Links.Dial(Extended);
        Assert.That(conn.Body, Is.EqualTo((byte[])[0x58, 0, .. Wire.Body(7, $$"""{"meta":"bWV0YQ==","features":"{{AllNames}}"}""")]));
        await peer.Send(Wire.ConnAck(conn.PacketId, 7, """{"features":"binary,unheard-of"}"""));
        await Eventually.True(() => dialer.IsOpen, "the dialer is let in");
        Assert.That(dialer.PeerFeatures, Is.EqualTo(PeerFeatures.BinaryBodies));
        await Links.End(dialer);

        var (acceptor, announcing) = Links.Accept(Extended);
        acceptor.Start();
        await announcing.Send(Wire.Conn(Links.FirstId, 7, """{"features":"move,unheard-of,binary"}""", flags: 0x58));
        Assert.That((await announcing.Read(FrameType.ConnAck)).Json, Is.EqualTo("""{"features":"binary,move"}"""));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_plain_peer_gets_the_plain_protocol_from_an_end_that_knows_more()
    {
        var (acceptor, peer) = await Links.Open(Extended);
        acceptor.Call("m", "x");
        Assert.That((await peer.Read(FrameType.Request)).Json, Does.StartWith("""{"key":"bQ==","value":"eA==","deadline":"""));
        acceptor.WhenRequest = (connection, request) => connection.Turn(request, "no", code: 7);
        await peer.Send(Wire.Request(Links.FirstId + 2, "m", "x"));
        Assert.That((await peer.Read(FrameType.Response)).Json, Does.StartWith("""{"key":"bQ==","error":"no","deadline":"""));
        Assert.That(acceptor.AskToMove(TimeSpan.FromSeconds(1), [1]), Is.False);
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_peer_that_agreed_on_binary_bodies_gets_them_and_may_send_either_form()
    {
        var (acceptor, peer) = await OpenExtended("binary");
        acceptor.Call("m", "x");
        Assert.That(Convert.ToHexString((await peer.Read(FrameType.Request)).Body), Is.EqualTo("0000000000000001" + "01" + "0A016D" + "120178"));

        await peer.Send(Wire.Request(Links.FirstId + 2, "m", "text"));
        await peer.Send(Wire.Frame(FrameType.Request, Links.FirstId + 4, [.. Wire.Id(1), 0x01, 0x0a, 1, (byte)'m', 0x12, 3, .. "bin"u8]));
        foreach (var expected in new[] { "text", "bin" })
        {
            var answer = await peer.Read(FrameType.Response);
            Assert.That(MessageBody.IsBinaryBody(answer.Body));
            Assert.That(Message.Parse(answer.Body).Value, Is.EqualTo(expected));
        }

        await Links.End(acceptor);
    }

    [TestCase("cancel,credit,errors,move,keep,exactid")]
    [TestCase(null)]
    public async Task A_binary_body_that_was_not_agreed_on_ends_the_connection(string? features)
    {
        foreach (var type in new[] { FrameType.Request, FrameType.Message, FrameType.Response, FrameType.MessageAck })
        {
            var (acceptor, peer) = features is null ? await Links.Open(Extended) : await OpenExtended(features);
            await peer.Send(Wire.Frame(type, Links.FirstId + 2, [.. Wire.Id(1), 0x01]));
            Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.MalformedJson));
        }
    }

    [Test]
    public async Task A_malformed_binary_body_ends_the_connection_and_whoever_awaits_an_answer_hears_of_it()
    {
        var (acceptor, peer) = await OpenExtended("binary");
        acceptor.Call("m", origin: 5);
        var request = await peer.Read(FrameType.Request);
        await peer.Send(Wire.Frame(FrameType.Response, request.PacketId, [.. Wire.Id(1), 0x01, 0x12, 0x7f]));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.MalformedBinary));
        Assert.That(acceptor.Outcomes.Single().Loss, Is.EqualTo(ReplyLoss.ConnectionClosed));
    }

    [Test]
    public async Task Errors_carry_their_number_to_a_peer_that_agreed_on_it()
    {
        var (acceptor, peer) = await OpenExtended("errors");
        acceptor.WhenRequest = (connection, request) => connection.Turn(request, "no", code: 7);
        acceptor.WhenSession = (connection, session, packetId) => connection.RefuseSession(session, packetId, "no"u8, code: 2);
        await peer.Send(Wire.Request(Links.FirstId + 2, "m", "x"), Wire.Session(Links.FirstId + 4, Links.FirstId + 4));
        Assert.That((await peer.Read(FrameType.Response)).Json, Does.StartWith("""{"key":"bQ==","error":"no","code":7,"deadline":"""));
        Assert.That((await peer.Read(FrameType.SessionAck)).Json, Is.EqualTo("""{"error":"no","code":2}"""));
        await Links.End(acceptor);
    }

    [TestCase("errors", """{"error":"no","code":7}""")]
    [TestCase("binary", """{"error":"no"}""")]
    public async Task A_refused_login_says_its_number_to_a_peer_that_announced_it(string features, string data)
    {
        var (acceptor, peer) = Links.Accept(Extended);
        acceptor.WhenConn = (connection, _) => connection.TurnAway("no", 7);
        acceptor.Start();
        await peer.Send(Wire.Conn(Links.FirstId, 7, $$"""{"features":"{{features}}"}""", flags: 0x58));
        Assert.That((await peer.Read(FrameType.ConnAck)).Json, Is.EqualTo(data));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_peer_is_asked_to_move_with_the_bytes_of_the_specification()
    {
        var (acceptor, peer) = await OpenExtended("move");
        Assert.That(acceptor.AskToMove(TimeSpan.FromMilliseconds(0x01020304), [0xaa, 0xbb]));
        Assert.That(Convert.ToHexString((await peer.Read(FrameType.Move)).Body), Is.EqualTo("01020304AABB"));
        await Links.End(acceptor);

        var (accepting, dialer) = await Links.Pair(Extended);
        accepting.AskToMove(TimeSpan.FromSeconds(5), [1, 2, 3]);
        await Eventually.True(() => !dialer.Moves.IsEmpty, "the dialer hears that it is to move");
        Assert.That(dialer.Moves.Single(), Is.EqualTo((TimeSpan.FromSeconds(5), new byte[] { 1, 2, 3 })));
        await Links.End(accepting, dialer);
    }

    [Test]
    public async Task Only_a_dialer_that_agreed_may_be_asked_to_move()
    {
        var (acceptor, peer) = await OpenExtended(AllNames);
        await peer.Send(Wire.Frame(FrameType.Move, Links.FirstId + 2, 0, 0, 0, 1));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.UnknownFrameType));

        foreach (var (features, body, reason) in new[]
        {
            ("cancel", new byte[4], DisconnectReason.UnknownFrameType),
            ("move", new byte[3], DisconnectReason.TruncatedBody),
            ("move", new byte[4 + 257], DisconnectReason.TruncatedBody),
        })
        {
            var (dialer, gateway, conn) = await Links.Dial(Extended);
            await gateway.Send(Wire.ConnAck(conn.PacketId, 7, $$"""{"features":"{{features}}"}"""), Wire.Frame(FrameType.Move, 2, body));
            Assert.That(await Eventually.Done(dialer.Run, "the connection ends"), Is.EqualTo(reason));
        }
    }

    [Test]
    public async Task Closing_when_done_takes_the_time_that_answers_need_in_both_directions()
    {
        var (acceptor, dialer) = await Links.Pair(setUpAcceptor: connection => connection.WhenRequest = (from, request) => from.Take(request.PacketId),
            setUpDialer: connection => connection.WhenRequest = (from, request) => from.Take(request.PacketId));
        dialer.Call("asked", origin: 1);
        acceptor.Call("asking", origin: 2);
        await Eventually.True(() => acceptor.Requests.Count == 1 && dialer.Requests.Count == 1, "both calls have arrived");
        var closing = dialer.CloseWhenDoneAsync(DisconnectReason.Closed, TimeSpan.FromMinutes(5));
        Assert.That(dialer.Call("another"), Is.EqualTo(SendOutcome.NotConnected), "nothing new is sent");

        acceptor.Reply(acceptor.Requests.Single(), "answer");
        await Eventually.Done(closing, "its own call is answered");
        await Eventually.True(() => acceptor.IsPeerClosing, "the other end learns that nothing new is taken");
        Assert.That(acceptor.Call("late"), Is.EqualTo(SendOutcome.NotConnected));
        Assert.That(dialer.Run.IsCompleted, Is.False, "the other end's call is not answered yet");

        dialer.Reply(dialer.Requests.Single(), "answer");
        Assert.That(await Eventually.Done(dialer.Run, "the connection ends"), Is.EqualTo(DisconnectReason.Closed));
        Assert.That(acceptor.Outcomes.Single().Answer, Is.EqualTo(FrameType.Response));
        Assert.That(dialer.Outcomes.Single().Answer, Is.EqualTo(FrameType.Response));
        await Links.End(acceptor);
    }

    private static Task<(TestConnection Acceptor, RawPeer Peer)> OpenExtended(string features) =>
        Links.Open(Extended, flags: 0x58, json: $$"""{"features":"{{features}}"}""");
}

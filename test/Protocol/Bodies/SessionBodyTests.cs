using CsCheck;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Bodies;

[TestFixture]
public sealed class SessionBodyTests
{
    [Test]
    public void Each_kind_of_body_says_after_writing_what_it_said_before() =>
        Gen.Select(Gen.Byte, Gen.ULong, Gen.ULong, Gen.Byte.Array[0, 20], Gen.Char[' ', '\u07ff'].Array[0, 20], Gen.Frequency((1, Gen.Const(0ul)), (1, Gen.ULong))).Sample(
            (flags, negotiateId, sessionId, meta, chars, peerId) =>
            {
                var text = new string(chars);
                var body = new SessionBody
                {
                    Flags = flags, NegotiateId = negotiateId, SessionId = sessionId, Meta = Base64Text.Encode(meta),
                    Error = JsonText.Escape(text), Peer = JsonText.Escape(text + "!"), PeerId = peerId,
                };

                var output = new byte[body.GetSessionLength()];
                body.WriteSession(output);
                var session = SessionBody.ParseSession(output);
                Assert.That((session.Flags, session.NegotiateId, session.SessionId), Is.EqualTo((flags, negotiateId, 0ul)));
                Assert.That(DataOf(session), Is.EqualTo((Convert.ToHexString(meta), text, text + "!", peerId)));

                output = new byte[body.GetSessionAckLength()];
                body.WriteSessionAck(output);
                session = SessionBody.ParseSessionAck(output);
                Assert.That((session.Flags, session.NegotiateId, session.SessionId), Is.EqualTo(((byte)0, negotiateId, sessionId)));
                Assert.That(DataOf(session), Is.EqualTo((Convert.ToHexString(meta), text, text + "!", peerId)));

                output = new byte[body.GetDismissLength()];
                body.WriteDismiss(output);
                session = SessionBody.ParseDismiss(output);
                Assert.That((session.Flags, session.NegotiateId, session.SessionId), Is.EqualTo(((byte)0, 0ul, sessionId)));
                Assert.That(DataOf(session), Is.EqualTo((Convert.ToHexString(meta), text, text + "!", peerId)));
            },
            iter: 1000);

    [Test]
    public void A_peer_with_escapes_is_understood()
    {
        var session = SessionBody.ParseDismiss(Wire.Body(3, """{"peer":"a\u002fb\"","error":"plain"}"""));
        Assert.That(JsonText.Decode(session.Peer, session.PeerEscaped), Is.EqualTo("a/b\""));
        Assert.That((session.PeerEscaped, session.ErrorEscaped), Is.EqualTo((true, false)));
    }

    [TestCase("18446744073709551616")]
    [TestCase("-1")]
    [TestCase("+1")]
    [TestCase("01")]
    [TestCase("1.0")]
    public void A_peer_id_that_is_no_unsigned_integer_is_a_violation(string id) =>
        Assert.That(
            Violations.ReasonOf(() => SessionBody.ParseDismiss(Wire.Body(3, $$"""{"peerId":{{id}}}"""))),
            Is.EqualTo(DisconnectReason.MalformedJson));

    private static (string Meta, string Error, string Peer, ulong PeerId) DataOf(in SessionBody body) =>
        (Convert.ToHexString(Base64Text.Decode(body.Meta)), JsonText.Decode(body.Error, body.ErrorEscaped), JsonText.Decode(body.Peer, body.PeerEscaped), body.PeerId);
}

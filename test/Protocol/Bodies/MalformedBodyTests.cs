using System.Text;
using CsCheck;
using Frontier.Fuzz;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Bodies;

[TestFixture]
public sealed class MalformedBodyTests
{
    private static readonly FrameType[] JsonTypes =
    [
        FrameType.Conn, FrameType.ConnAck, FrameType.Session, FrameType.SessionAck, FrameType.Dismiss, FrameType.DismissAck,
        FrameType.Message, FrameType.MessageAck, FrameType.Request, FrameType.Response, FrameType.RegisterAck,
    ];

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{")]
    [TestCase("}")]
    [TestCase("{}}")]
    [TestCase("{}{}")]
    [TestCase("{}x")]
    [TestCase("{,}")]
    [TestCase("{\"error\"}")]
    [TestCase("{\"error\":}")]
    [TestCase("{\"error\":\"a\",}")]
    [TestCase("{\"error\":\"a\"\"peer\":\"b\"}")]
    [TestCase("{\"error\":\"a\";\"peer\":\"b\"}")]
    [TestCase("{error:\"a\"}")]
    [TestCase("{'error':'a'}")]
    [TestCase("{\"error\":a}")]
    [TestCase("{\"error\":nul}")]
    [TestCase("{\"error\":nullx}")]
    [TestCase("{\"error\":1}")]
    [TestCase("{\"error\":{}}")]
    [TestCase("{\"error\":[\"a\"]}")]
    [TestCase("{\"error\":\"a}")]
    [TestCase("{\"error\":\"\\x\"}")]
    [TestCase("{\"error\":\"\\u12\"}")]
    [TestCase("{\"error\":\"\\u12g4\"}")]
    [TestCase("{\"error\":\"\\")]
    [TestCase("{\"error\":\"a\nb\"}")]
    [TestCase("{\"error\":\"a\0b\"}")]
    [TestCase("{\"error\":\"a\u001fb\"}")]
    [TestCase("{\"unknown\":}")]
    [TestCase("{\"unknown\":x}")]
    [TestCase("{\"unknown\":[1}")]
    [TestCase("{\"unknown\":{\"a\"}}")]
    [TestCase("{\"unknown\":\"\\x\"}")]
    [TestCase("{\"unknown\":// comment\n1}")]
    [TestCase("{\"unknown\":01}")]
    [TestCase("{\"unknown\":tru}")]
    public void What_is_not_a_JSON_object_of_the_right_shape_is_a_violation(string json)
    {
        foreach (var type in JsonTypes)
        {
            Assert.That(
                Violations.ReasonOf(() => BodyTarget.TryRewrite(type, [.. new byte[FixedLength(type)], .. Encoding.UTF8.GetBytes(json)], out _)),
                Is.EqualTo(DisconnectReason.MalformedJson),
                $"{type} {json}");
        }
    }

    [Test]
    public void A_body_shorter_than_its_fixed_part_is_a_violation()
    {
        foreach (var type in JsonTypes)
        {
            for (var length = 0; length < FixedLength(type); length++)
            {
                Assert.That(Violations.ReasonOf(() => BodyTarget.TryRewrite(type, new byte[length], out _)), Is.EqualTo(DisconnectReason.TruncatedBody));
            }
        }
    }

    [TestCase(new byte[] { 0xff })]
    [TestCase(new byte[] { 0xc3 })]
    [TestCase(new byte[] { 0xc3, 0x28 })]
    [TestCase(new byte[] { 0xc0, 0x80 })]
    [TestCase(new byte[] { 0xe2, 0x80 })]
    [TestCase(new byte[] { 0xed, 0xa0, 0x80 })]
    [TestCase(new byte[] { 0xf4, 0x90, 0x80, 0x80 })]
    public void Texts_that_are_not_UTF8_are_violations(byte[] text)
    {
        foreach (var member in new[] { "topic", "error" })
        {
            byte[] json = [.. Encoding.UTF8.GetBytes($"{{\"{member}\":\"a"), .. text, .. "\"}"u8];
            Assert.That(Violations.OfMessage(json), Is.EqualTo(DisconnectReason.MalformedUtf8));
        }
    }

    [TestCase("\\ud800")]
    [TestCase("\\udc00\\ud800")]
    [TestCase("\\ud83dx")]
    [TestCase("\\ud83d\\n")]
    public void An_escape_that_is_half_a_character_is_a_violation_for_who_wants_the_text(string text) =>
        Assert.That(Violations.OfMessage($$"""{"topic":"{{text}}"}"""), Is.EqualTo(DisconnectReason.MalformedUtf8));

    [TestCase("not a time")]
    [TestCase("2026-11-23")]
    [TestCase("2026-11-23T01:41:14")]
    [TestCase("2026-13-23T01:41:14Z")]
    public void Times_that_are_none_are_violations(string text)
    {
        Assert.That(Violations.OfMessage($$"""{"deadline":"{{text}}"}"""), Is.EqualTo(DisconnectReason.MalformedTime));
        Assert.That(Violations.OfMessage($$$"""{"context":{"deadline":"{{{text}}}"}}"""), Is.EqualTo(DisconnectReason.MalformedTime));
    }

    [TestCase("{\"deadline\":7}")]
    [TestCase("{\"deadline\":{}}")]
    [TestCase("{\"context\":[]}")]
    [TestCase("{\"context\":\"\"}")]
    [TestCase("{\"context\":{\"deadline\":1}}")]
    [TestCase("{\"context\":{}")]
    [TestCase("{\"context\":{\"deadline\":null,}}")]
    public void A_context_or_deadline_of_the_wrong_shape_is_a_violation(string json) =>
        Assert.That(Violations.OfMessage(json), Is.EqualTo(DisconnectReason.MalformedJson));

    [Test]
    public void A_violation_never_shows_what_the_peer_sent()
    {
        foreach (var json in new[] { "{\"unknown\":secret}", "{\"unknown\":\"secret", "{\"unknown\":[secret]}", "{\"unknown\":nsecret}", "{\"unknown\":{\"secret\" 1}}", "{\"error\":secret}", "{\"key\":\"secret!\"}", "{\"deadline\":\"secret\"}" })
        {
            var violation = Assert.Throws<ProtocolViolationException>(() => Message.ParseJson(json))!;
            Assert.That(violation.ToString(), Does.Not.Contain("secret"));
        }
    }

    [Test]
    public void Every_prefix_of_a_valid_body_is_a_violation_and_nothing_else()
    {
        var bodies = new (FrameType Type, byte[] Body)[]
        {
            (FrameType.Conn, [0x58, 0, .. Wire.Body(7, """{"meta":"bQ==","error":"\u003ce","features":"cancel","x":[1,{"y":null}]}""")]),
            (FrameType.ConnAck, [1, .. Wire.Body(7, """{"meta":"bQ==","error":"é","features":"cancel"}""")]),
            (FrameType.Session, [0, 0x10, .. Wire.Body(7, """{"meta":"bQ==","error":"e","peer":"\u003cp","peerId":18446744073709551615}""")]),
            (FrameType.SessionAck, [0, 0, .. Wire.Id(7), .. Wire.Body(7, """{"meta":"bQ==","error":"e","peer":"p","x":{"y":[true,false,-1.5e3]}}""")]),
            (FrameType.Dismiss, Wire.Body(7, """{"error":"e","x":"\ud83d\ude00"}""")),
            (FrameType.Request, Wire.Body(1,
                """{"key":"bQ==","value":"\/\u002b==","topic":"é\n","custom":"AAAAAAAAAAE=","error":"e","timeout":-7,"x":{"y":[{}]},"deadline":"2026-11-23T01:41:14.3657907+01:30","context":{"deadline":"0001-01-01T00:00:00Z","z":""}}""")),
        };
        foreach (var (type, body) in bodies)
        {
            Assert.That(BodyTarget.TryRewrite(type, body, out _), type.ToString());
            for (var length = 0; length < body.Length; length++)
            {
                Assert.Throws<ProtocolViolationException>(() => BodyTarget.TryRewrite(type, body.AsSpan(0, length), out _), $"{type} cut to {length}");
            }
        }
    }

    [Test]
    public void Arbitrary_bytes_in_a_body_end_in_a_violation_or_mean_something_that_can_be_written() =>
        Gen.Select(Gen.Int[0, JsonTypes.Length - 1], Gen.OneOf(Gen.Byte, Gen.Byte[32, 126], Gen.Int[0, 11].Select(i => (byte)"{}[]\":,\\u0=n"[i])).Array[0, 60]).Sample(
            (type, bytes) =>
            {
                try
                {
                    BodyTarget.CheckBody(JsonTypes[type], [.. new byte[FixedLength(JsonTypes[type])], (byte)'{', .. bytes]);
                }
                catch (ProtocolViolationException)
                {
                    // What almost all of them end in.
                }
            },
            iter: 20_000);

    private static int FixedLength(FrameType type) => type switch
    {
        FrameType.Conn or FrameType.Session => 10,
        FrameType.ConnAck => 9,
        FrameType.SessionAck => 18,
        _ => 8,
    };
}

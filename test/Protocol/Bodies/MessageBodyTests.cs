using CsCheck;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Bodies;

[TestFixture]
public sealed class MessageBodyTests
{
    private const string Deadline = "2026-11-23T01:41:14.3657907Z";

    private static readonly Gen<string> Bytes = Gen.Char['\0', '\u00ff'].Array[0, 40].Select(chars => new string(chars));

    // Everything but surrogates, with what needs escaping more often than chance would have it.
    private static readonly Gen<string> Texts = Gen.Frequency(
        (4, Gen.Char[' ', '~']), (2, Gen.Char['\0', '\u001f']), (2, Gen.OneOf(Gen.Const('<'), Gen.Const('&'), Gen.Const('"'), Gen.Const('\\'), Gen.Const('\u2028'), Gen.Const('\u2029'))),
        (2, Gen.Char['\u0080', '\ud7ff'])).Array[0, 20].Select(chars => new string(chars));

    private static readonly Gen<Message> Messages = Gen.Select(
        Gen.ULong, Bytes, Bytes, Bytes, Texts, Texts, Gen.Select(Gen.Frequency((1, Gen.Const(0L)), (2, Gen.Long)), Times.Any, Times.Any),
        (session, key, value, custom, topic, error, times) => new Message
        {
            SessionId = session,
            Key = key,
            Value = value,
            Custom = custom,
            Topic = topic,
            Error = error,
            Timeout = times.Item1,
            Deadline = times.Item2,
            ContextDeadline = times.Item3,
        });

    [Test]
    public void A_body_says_after_writing_what_it_said_before_and_has_the_length_it_announced() =>
        Gen.Select(Messages, Gen.Bool).Sample(
            (message, valueAsBytes) => Assert.That(Message.Parse(message.Write(valueAsBytes)), Is.EqualTo(message)),
            iter: 3000);

    [Test]
    public void A_body_is_written_as_Go_writes_it()
    {
        var message = new Message
        {
            SessionId = 1, Key = "m", Value = "x", Topic = "<t>", Custom = "c", Error = "a\"b", Timeout = -5,
            Deadline = Times.Parse(Deadline), ContextDeadline = Times.Parse("2026-01-02T03:04:05+02:00"),
        };
        Assert.That(
            Wire.Text(message.Write().AsSpan(8)),
            Is.EqualTo(
                """{"key":"bQ==","value":"eA==","topic":"\u003ct\u003e","custom":"Yw==","error":"a\"b","timeout":-5,"""
                + $$$"""
                    "deadline":"{{{Deadline}}}","context":{"deadline":"2026-01-02T03:04:05+02:00"}}
                    """));
    }

    [Test]
    public void The_tail_of_custom_follows_custom()
    {
        var body = new MessageBody { SessionId = 1, Custom = "YWJj"u8, CustomTail = "ZGVm"u8 };
        var output = new byte[body.GetLength()];
        body.Write(output);
        Assert.That(Message.Parse(output).Custom, Is.EqualTo("abcdef"));

        body = new MessageBody { SessionId = 1, CustomTail = "ZGVm"u8 };
        output = new byte[body.GetLength()];
        body.Write(output);
        Assert.That(Message.Parse(output).Custom, Is.EqualTo("def"));
    }

    [Test]
    public void The_earlier_deadline_that_is_set_counts()
    {
        GoTime early = Times.Parse("2026-01-01T00:00:00Z"), late = Times.Parse("2026-01-01T00:00:00.0000001Z");
        Assert.That(new MessageBody { Deadline = early, ContextDeadline = late }.EffectiveDeadline, Is.EqualTo(early));
        Assert.That(new MessageBody { Deadline = late, ContextDeadline = early }.EffectiveDeadline, Is.EqualTo(early));
        Assert.That(new MessageBody { Deadline = late }.EffectiveDeadline, Is.EqualTo(late));
        Assert.That(new MessageBody { ContextDeadline = late }.EffectiveDeadline, Is.EqualTo(late));
        Assert.That(default(MessageBody).EffectiveDeadline.IsZero);
    }

    [Test]
    public void Members_may_come_in_any_order()
    {
        string[] members =
        [
            "\"key\":\"bQ==\"", "\"value\":\"eA==\"", "\"topic\":\"t\"", "\"custom\":\"Yw==\"", "\"error\":\"e\"", "\"timeout\":7",
            $"\"deadline\":\"{Deadline}\"", "\"context\":{\"deadline\":\"2027-01-01T00:00:00Z\"}", "\"unknown\":[{\"key\":\"no\"}]",
        ];
        var expected = new Message
        {
            Key = "m", Value = "x", Topic = "t", Custom = "c", Error = "e", Timeout = 7, Deadline = Times.Parse(Deadline), ContextDeadline = Times.Parse("2027-01-01T00:00:00Z"),
        };
        Gen.Shuffle(members).Sample(
            order => Assert.That(Message.ParseJson("{" + string.Join(',', order) + "}"), Is.EqualTo(expected)),
            iter: 300);
    }

    [TestCase("{}")]
    [TestCase(" { } ")]
    [TestCase("""{"key":null,"value":null,"topic":null,"custom":null,"error":null,"timeout":null,"deadline":null,"context":null}""")]
    [TestCase("""{"key":"","value":"","topic":"","custom":"","error":"","timeout":0,"context":{}}""")]
    [TestCase("""{"deadline":"0001-01-01T00:00:00Z","context":{"deadline":"0001-01-01T00:00:00Z"}}""")]
    [TestCase("""{"context":{"deadline":null,"x":{"deadline":"2027-01-01T00:00:00Z"}}}""")]
    public void Absent_null_and_empty_members_say_nothing(string json) => Assert.That(Message.ParseJson(json), Is.EqualTo(new Message()));

    [Test]
    public void Of_a_member_that_comes_twice_the_last_counts() =>
        Assert.That(
            Message.ParseJson("""{"key":"bQ==","topic":"\u0061","timeout":1,"topic":"b","key":"eA==","timeout":2}"""),
            Is.EqualTo(new Message { Key = "x", Topic = "b", Timeout = 2 }));

    [TestCase("null")]
    [TestCase("true")]
    [TestCase("-12.5e+3")]
    [TestCase("\"\"")]
    [TestCase("\"a\\\"}\"")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("[1,[2,{\"a\":[{}]}],\"]\"]")]
    [TestCase("{\"key\":\"!\",\"deadline\":7,\"a\":{\"b\":{\"c\":[]}}}")]
    [TestCase(" [ 1 , 2 ] ")]
    public void Unknown_members_of_any_shape_are_passed_over(string value)
    {
        var expected = new Message { Key = "m", Value = "x", Deadline = Times.Parse(Deadline) };
        foreach (var json in new[]
        {
            $$"""{"zz":{{value}},"key":"bQ==","value":"eA==","deadline":"{{Deadline}}"}""",
            $$"""{"key":"bQ==","zz":{{value}},"value":"eA==","deadline":"{{Deadline}}"}""",
            $$"""{"key":"bQ==","value":"eA==","deadline":"{{Deadline}}","zz":{{value}}}""",
        })
        {
            Assert.That(Message.ParseJson(json), Is.EqualTo(expected), json);
        }

        Assert.That(Message.ParseJson($$$"""{"context":{"zz":{{{value}}},"deadline":"{{{Deadline}}}"}}""").ContextDeadline, Is.EqualTo(Times.Parse(Deadline)));
    }

    [TestCase(63)]
    [TestCase(65)]
    [TestCase(5_000)]
    [TestCase(9_999)]
    public void Unknown_members_may_be_as_deep_as_Go_reads(int depth)
    {
        var deep = string.Concat(Enumerable.Repeat("[", depth)) + string.Concat(Enumerable.Repeat("]", depth));
        Assert.That(Message.ParseJson($$"""{"deep":{{deep}},"key":"bQ=="}""").Key, Is.EqualTo("m"));
    }

    [Test]
    public void A_member_that_is_nested_without_end_is_a_violation() =>
        Assert.That(Violations.OfMessage("{\"deep\":" + new string('[', 1_000_000)), Is.EqualTo(DisconnectReason.MalformedJson));

    [Test]
    public void White_space_may_stand_between_all_tokens() =>
        Assert.That(
            Message.ParseJson("\t{ \"key\" :\r\n \"bQ==\" , \"timeout\" : 7 , \"context\" : { \"deadline\" : \"" + Deadline + "\" } , \"error\" : null }\n "),
            Is.EqualTo(new Message { Key = "m", Timeout = 7, ContextDeadline = Times.Parse(Deadline) }));

    [TestCase("\\u003ca\\u003e \\u0026 \\\"\\\\\\/\\b\\f\\n\\r\\t", "<a> & \"\\/\b\f\n\r\t")]
    [TestCase("\\u00e9\\u20AC \\ud83d\\ude00", "é€ 😀")]
    [TestCase("é€ 😀", "é€ 😀")]
    [TestCase("\\u0000", "\0")]
    public void Escapes_in_texts_are_understood(string escaped, string text)
    {
        var message = Message.ParseJson($$"""{"topic":"{{escaped}}","error":"{{escaped}}"}""");
        Assert.That(message.Topic, Is.EqualTo(text));
        Assert.That(message.Error, Is.EqualTo(text));
    }

    [TestCase("\\/\\/\\/\\/", "////")]
    [TestCase("\\u002b\\u002B++", "++++")]
    [TestCase("A\\u0041==", "AA==")]
    [TestCase("AA\\u003d\\u003d", "AA==")]
    [TestCase("AA=\\u003d", "AA==")]
    [TestCase("AAA\\u003d", "AAA=")]
    public void Base64_may_be_escaped(string escaped, string plain)
    {
        foreach (var member in new[] { "key", "value", "custom" })
        {
            Assert.That(
                Message.ParseJson($$"""{"{{member}}":"{{escaped}}","timeout":3}"""),
                Is.EqualTo(Message.ParseJson($$"""{"{{member}}":"{{plain}}","timeout":3}""")));
        }
    }

    [TestCase("A")]
    [TestCase("AA")]
    [TestCase("AAA")]
    [TestCase("AAAAA")]
    [TestCase("=")]
    [TestCase("==")]
    [TestCase("====")]
    [TestCase("A===")]
    [TestCase("AA=")]
    [TestCase("AA=A")]
    [TestCase("=AAA")]
    [TestCase("AA==AAAA")]
    [TestCase("AAAA==")]
    [TestCase("AAAAA=")]
    [TestCase("AAAA====")]
    [TestCase("AA A")]
    [TestCase("AAA-")]
    [TestCase("AAA_")]
    [TestCase("AAA\\n")]
    [TestCase("AAA\\u0041A")]
    [TestCase("AAAé")]
    [TestCase("é")]
    public void What_is_not_base64_is_a_violation(string text)
    {
        foreach (var member in new[] { "key", "value", "custom" })
        {
            Assert.That(Violations.OfMessage($$"""{"{{member}}":"{{text}}"}"""), Is.EqualTo(DisconnectReason.MalformedBase64), member);
        }
    }

    [TestCase("9223372036854775807", 9223372036854775807)]
    [TestCase("-9223372036854775808", -9223372036854775808)]
    [TestCase("-1", -1)]
    [TestCase("0", 0)]
    [TestCase("-0", 0)]
    public void Integers_that_fit_are_read(string text, long value) => Assert.That(Message.ParseJson($$"""{"timeout":{{text}}}""").Timeout, Is.EqualTo(value));

    [TestCase("9223372036854775808")]
    [TestCase("-9223372036854775809")]
    [TestCase("99999999999999999999999999")]
    [TestCase("1.5")]
    [TestCase("1e3")]
    [TestCase("+1")]
    [TestCase("007")]
    [TestCase("-")]
    [TestCase("- 1")]
    [TestCase("0x10")]
    [TestCase("1,5")]
    [TestCase("\"1\"")]
    [TestCase("true")]
    [TestCase("")]
    public void Integers_that_are_none_or_do_not_fit_are_violations(string text) =>
        Assert.That(Violations.OfMessage($$"""{"timeout":{{text}}}"""), Is.EqualTo(DisconnectReason.MalformedJson));
}

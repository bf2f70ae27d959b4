using CsCheck;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Bodies;

[TestFixture]
public sealed class BinaryBodyTests
{
    private const PeerFeatures Binary = PeerFeatures.BinaryBodies | PeerFeatures.ErrorCodes;
    private const PeerFeatures Text = PeerFeatures.ErrorCodes;

    private static readonly Gen<string> Bytes = Gen.Char['\0', '\u00ff'].Array[0, 300].Select(chars => new string(chars));

    // What needs escaping in JSON more often than chance would have it, and characters of every length in UTF-8.
    private static readonly Gen<string> Texts = Gen.Frequency(
        (4, Gen.Char[' ', '~']), (2, Gen.Char['\0', '\u001f']), (2, Gen.OneOf(Gen.Const('<'), Gen.Const('&'), Gen.Const('"'), Gen.Const('\\'), Gen.Const('\u2028'), Gen.Const('\u2030'))),
        (2, Gen.Char['\u0080', '\ud7ff'])).Array[0, 20].Select(chars => new string(chars) + (chars.Length % 3 == 0 ? "😀" : ""));

    // Whole times that both forms can say: nanoseconds of 64 bits, in UTC.
    private static readonly Gen<GoTime> Moments = Gen.Frequency((1, Gen.Const(default(GoTime))), (3, Gen.Long.Select(GoTime.FromUnixNanoseconds)));

    private static readonly Gen<Message> Messages = Gen.Select(
        Gen.ULong, Bytes, Bytes, Bytes, Texts, Texts,
        Gen.Select(Gen.Frequency((1, Gen.Const(0L)), (2, Gen.Long)), Moments, Moments, Gen.Frequency((1, Gen.Const((int?)null)), (2, Gen.Int[0, int.MaxValue].Select(code => (int?)code))), Gen.ULong, Gen.ULong),
        (session, key, value, custom, topic, error, rest) => new Message
        {
            SessionId = session,
            Key = key,
            Value = value,
            Custom = custom,
            Topic = topic,
            Error = error,
            Timeout = rest.Item1,
            Deadline = rest.Item2,
            ContextDeadline = rest.Item3,
            ErrorCode = rest.Item4,
            Edge = rest.Item5,
            Service = rest.Item6,
        });

    [Test]
    public void A_body_says_the_same_in_both_forms_whichever_it_was_made_in() =>
        Gen.Select(Messages, Gen.Bool, Gen.Bool).Sample(
            (message, fromBytes, toBinary) =>
            {
                var written = message.Write(fromBytes, toBinary ? Binary : Text);
                Assert.That(MessageBody.IsBinaryBody(written), Is.EqualTo(toBinary));
                Assert.That(Message.Parse(written), Is.EqualTo(message));
            },
            iter: 5000);

    [Test]
    public void A_body_that_is_passed_on_is_translated_without_a_loss() =>
        Messages.Sample(
            message =>
            {
                var text = message.Write(fromBytes: false, Text);
                var binary = Message.Write(MessageBody.Parse(text), Binary);
                Assert.That(binary, Is.EqualTo(message.Write(fromBytes: true, Binary)));
                Assert.That(Message.Write(MessageBody.Parse(binary), Text), Is.EqualTo(text));
                Assert.That(Message.Write(MessageBody.Parse(binary), Binary), Is.EqualTo(binary));
            },
            iter: 3000);

    [Test]
    public void An_id_is_appended_to_custom_and_cut_off_again_in_either_form() =>
        Gen.Select(Bytes, Gen.ULong, Gen.Bool, Gen.Bool).Sample(
            (custom, id, fromBinary, toBinary) =>
            {
                var from = new Message { SessionId = 1, Custom = custom }.Write(fromBinary, fromBinary ? Binary : Text);
                Span<byte> tail = stackalloc byte[Base64Text.MaxTailLength];
                scoped var body = MessageBody.Parse(from);
                body.AppendId(id, tail);
                var appended = Message.Write(body, toBinary ? Binary : Text);
                Assert.That(Message.Parse(appended).Custom, Has.Length.EqualTo(custom.Length + 8).And.StartWith(custom));

                body = MessageBody.Parse(appended);
                Assert.That(body.TryCutId(tail, out var cut));
                Assert.That(cut, Is.EqualTo(id));
                Assert.That(Message.Parse(Message.Write(body, fromBinary ? Binary : Text)).Custom, Is.EqualTo(custom));
            },
            iter: 2000);

    [Test]
    public void A_custom_of_less_than_eight_bytes_has_no_id()
    {
        foreach (var length in Enumerable.Range(0, 8))
        {
            var body = MessageBody.Parse(new Message { Custom = new string('x', length) }.Write(fromBytes: true, Binary));
            Assert.That(body.TryCutId(new byte[Base64Text.MaxTailLength], out _), Is.False);
        }
    }

    [TestCase("01")]
    [TestCase("01 0a046563686f 12026869", "echo", "hi")]
    [TestCase("01 0a046563686f 12026869 41ec49fe440989ea18", "echo", "hi", "2026-11-23T01:41:14.3657907Z")]
    public void The_bytes_are_those_of_the_specification(string hex, string key = "", string value = "", string? deadline = null)
    {
        var message = new Message { SessionId = 1, Key = key, Value = value, Deadline = deadline is null ? default : Times.Parse(deadline) };
        var bytes = Hex("0000000000000001" + hex);
        Assert.That(Message.Parse(bytes), Is.EqualTo(message));
        if (deadline is null)
        {
            Assert.That(Convert.ToHexString(message.Write(fromBytes: true, Binary)), Is.EqualTo(Convert.ToHexString(bytes)));
        }
    }

    [Test]
    public void Every_field_has_the_place_that_the_specification_gives_it()
    {
        var message = new Message
        {
            SessionId = 0x0102, Key = "k", Value = "v", Custom = "c", Topic = "t", Error = "e", ErrorCode = 300, Timeout = -1,
            Deadline = GoTime.FromUnixNanoseconds(1), ContextDeadline = GoTime.FromUnixNanoseconds(2), Edge = 3, Service = 4,
        };
        var bytes = Hex(
            "0000000000000102 01 0a016b 120176 1a0163 220174 2a0165 30ac02 3801 410100000000000000 4802 510300000000000000 590400000000000000");
        Assert.That(Convert.ToHexString(message.Write(fromBytes: false, Binary)), Is.EqualTo(Convert.ToHexString(bytes)));
        Assert.That(Message.Parse(bytes), Is.EqualTo(message));
    }

    [Test]
    public void A_trace_goes_on_in_binary_and_is_left_out_in_text()
    {
        var trace = Hex("0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 01");
        var binary = Message.Write(new MessageBody { SessionId = 1, IsBinary = true, Value = "v"u8, Trace = trace }, Binary);
        Assert.That(Convert.ToHexString(binary), Is.EqualTo(Convert.ToHexString([.. Hex("0000000000000001 01 120176 6219"), .. trace])));

        var read = MessageBody.Parse(binary);
        Assert.That(read.Trace.ToArray(), Is.EqualTo(trace));
        Assert.That(Message.Write(read, Binary), Is.EqualTo(binary));
        Assert.That(Message.Write(read, Text), Is.EqualTo(new Message { SessionId = 1, Value = "v" }.Write(fromBytes: true, Text)));

        var sender = TraceField.Read(read.Trace);
        Assert.That(
            (sender.TraceId.ToHexString(), sender.SpanId.ToHexString(), sender.TraceFlags, sender.IsRemote),
            Is.EqualTo(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", System.Diagnostics.ActivityTraceFlags.Recorded, true)));
    }

    [TestCase("00000000000000000000000000000000 b7ad6b7169203331 01")]
    [TestCase("0af7651916cd43dd8448eb211c80319c 0000000000000000 01")]
    [TestCase("")]
    public void Ids_of_zeros_are_no_trace(string hex) => Assert.That(TraceField.Read(Hex(hex)), Is.EqualTo(default(System.Diagnostics.ActivityContext)));

    [Test]
    public void A_trace_of_another_length_is_refused([Values(1, 24, 26)] int length)
    {
        var body = Hex($"0000000000000001 01 62{length:x2}").Concat(new byte[length]).ToArray();
        var error = Assert.Throws<ProtocolViolationException>(() => MessageBody.Parse(body));
        Assert.That(error!.Reason, Is.EqualTo(DisconnectReason.MalformedBinary));
    }

    [Test]
    public void A_number_of_an_error_goes_only_to_those_who_want_it()
    {
        var message = new Message { SessionId = 1, Error = "no", ErrorCode = 7 };
        foreach (var form in new[] { PeerFeatures.None, PeerFeatures.BinaryBodies })
        {
            Assert.That(Message.Parse(message.Write(fromBytes: true, form)).ErrorCode, Is.Null);
            Assert.That(Message.Parse(message.Write(fromBytes: true, form | PeerFeatures.ErrorCodes)).ErrorCode, Is.EqualTo(7));
        }

        Assert.That(Wire.Text(message.Write().AsSpan(8)), Does.Not.Contain("code"));
        Assert.That(Wire.Text(message.Write(receiver: Text).AsSpan(8)), Does.Contain("\"error\":\"no\",\"code\":7,"));
    }

    [TestCase("68 05", TestName = "A_later_field_is_passed_over_when_it_is_a_number")]
    [TestCase("68 ffffffffffffffffff01", TestName = "A_later_field_is_passed_over_when_it_is_a_large_number")]
    [TestCase("69 0102030405060708", TestName = "A_later_field_is_passed_over_when_it_has_eight_bytes")]
    [TestCase("6d 01020304", TestName = "A_later_field_is_passed_over_when_it_has_four_bytes")]
    [TestCase("6a 03 010203", TestName = "A_later_field_is_passed_over_when_it_has_a_length")]
    [TestCase("6a 00", TestName = "A_later_field_is_passed_over_when_it_is_empty")]
    [TestCase("fa7f 03 010203", TestName = "A_later_field_is_passed_over_when_its_number_is_large")]
    [TestCase("faffffff0f 03 010203", TestName = "A_later_field_is_passed_over_when_its_number_is_the_largest")]
    public void A_later_field_is_passed_over(string field)
    {
        var expected = new Message { SessionId = 1, Key = "m", Value = "x" };
        Assert.That(Message.Parse(Hex("0000000000000001 01" + field + "0a016d 120178")), Is.EqualTo(expected));
        Assert.That(Message.Parse(Hex("0000000000000001 01 0a016d" + field + "120178")), Is.EqualTo(expected));
        Assert.That(Message.Parse(Hex("0000000000000001 01 0a016d 120178" + field)), Is.EqualTo(expected));
    }

    [Test]
    public void Of_a_field_that_comes_twice_the_last_counts() =>
        Assert.That(Message.Parse(Hex("0000000000000001 01 0a0161 3002 0a0162 3003")), Is.EqualTo(new Message { SessionId = 1, Key = "b", ErrorCode = 3 }));

    [Test]
    public void Fields_may_come_in_any_order()
    {
        string[] fields = ["0a016b", "120176", "1a0163", "220174", "2a0165", "3007", "380a", "410100000000000000", "4802"];
        var expected = Message.Parse(Hex("0000000000000001 01" + string.Concat(fields)));
        Gen.Shuffle(fields).Sample(order => Assert.That(Message.Parse(Hex("0000000000000001 01" + string.Concat(order))), Is.EqualTo(expected)), iter: 300);
    }

    [TestCase("0a", TestName = "A_length_that_is_missing_is_a_violation")]
    [TestCase("0a02 61", TestName = "A_length_beyond_the_end_is_a_violation")]
    [TestCase("0affffffff0f 61", TestName = "A_length_far_beyond_the_end_is_a_violation")]
    [TestCase("0affffffffffffffffff01", TestName = "The_largest_length_is_a_violation")]
    [TestCase("0affffffffffffffffff02", TestName = "A_length_beyond_64_bits_is_a_violation")]
    [TestCase("0affffffffffffffffffff01", TestName = "A_length_that_does_not_end_is_a_violation")]
    [TestCase("30", TestName = "A_number_that_is_missing_is_a_violation")]
    [TestCase("3080", TestName = "A_number_that_does_not_end_is_a_violation")]
    [TestCase("41 01020304050607", TestName = "Seven_bytes_of_eight_are_a_violation")]
    [TestCase("6d 010203", TestName = "Three_bytes_of_four_are_a_violation")]
    [TestCase("02 00", TestName = "A_field_number_of_zero_is_a_violation")]
    [TestCase("6b", TestName = "The_start_of_a_group_is_a_violation")]
    [TestCase("6c", TestName = "The_end_of_a_group_is_a_violation")]
    [TestCase("6e", TestName = "An_encoding_that_does_not_exist_is_a_violation")]
    [TestCase("08 01", TestName = "A_method_that_is_a_number_is_a_violation")]
    [TestCase("60 05", TestName = "A_trace_that_is_a_number_is_a_violation")]
    [TestCase("32 00", TestName = "A_code_that_is_bytes_is_a_violation")]
    [TestCase("ffffffffff01", TestName = "A_tag_of_more_than_32_bits_is_a_violation")]
    public void What_is_not_fields_is_a_violation(string fields) =>
        Assert.That(ReasonOf("0000000000000001 01" + fields), Is.EqualTo(DisconnectReason.MalformedBinary));

    [TestCase("2201 ff")]
    [TestCase("2a02 c328")]
    [TestCase("2203 eda080")]
    public void A_text_that_is_not_UTF8_is_a_violation(string fields) => Assert.That(ReasonOf("0000000000000001 01" + fields), Is.EqualTo(DisconnectReason.MalformedUtf8));

    [TestCase("00")]
    [TestCase("02")]
    [TestCase("ff")]
    public void A_format_that_does_not_exist_is_a_violation(string format) =>
        Assert.That(ReasonOf("0000000000000001" + format), Is.EqualTo(DisconnectReason.MalformedJson));

    [Test]
    public void Whatever_follows_the_format_ends_in_a_violation_or_means_something() =>
        Gen.Byte.Array[0, 60].Sample(
            fields =>
            {
                byte[] bytes = [0, 0, 0, 0, 0, 0, 0, 1, 1, .. fields];
                Message message;
                try
                {
                    message = Message.Parse(bytes);
                }
                catch (ProtocolViolationException e)
                {
                    Assert.That(e.Reason, Is.EqualTo(DisconnectReason.MalformedBinary).Or.EqualTo(DisconnectReason.MalformedUtf8));
                    return;
                }

                Assert.That(Message.Parse(Message.Write(MessageBody.Parse(bytes), Text)), Is.EqualTo(message));
            },
            iter: 20_000);

    [Test]
    public void A_time_outside_the_range_becomes_the_nearest_inside()
    {
        foreach (var (text, nearest) in new[] { ("9999-12-31T23:59:59Z", long.MaxValue), ("0001-01-01T00:00:01Z", long.MinValue) })
        {
            var binary = new Message { Deadline = Times.Parse(text) }.Write(fromBytes: true, Binary);
            Assert.That(Message.Parse(binary).Deadline, Is.EqualTo(GoTime.FromUnixNanoseconds(nearest)));
        }
    }

    [Test]
    public void Half_a_character_in_escapes_becomes_what_Go_reads()
    {
        var text = Wire.Body(1, """{"topic":"a\ud800b\udc00","error":"\ud83d\ude00\u0041"}""");
        var message = Message.Parse(Message.Write(MessageBody.Parse(text), Binary));
        Assert.That(message.Topic, Is.EqualTo("a\ufffdb\ufffd"));
        Assert.That(message.Error, Is.EqualTo("😀A"));
    }

    private static DisconnectReason ReasonOf(string hex) => Violations.ReasonOf(() => _ = MessageBody.Parse(Hex(hex)).SessionId);

    private static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}

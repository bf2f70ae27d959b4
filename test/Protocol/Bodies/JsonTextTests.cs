using CsCheck;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Bodies;

[TestFixture]
public sealed class JsonTextTests
{
    [TestCase("plain text, é€ 😀 \u007f", "plain text, é€ 😀 \u007f")]
    [TestCase("<a href=\"x\">&</a>", "\\u003ca href=\\\"x\\\"\\u003e\\u0026\\u003c/a\\u003e")]
    [TestCase("a\\b'/", "a\\\\b'/")]
    [TestCase("\n\r\t\b\f", "\\n\\r\\t\\b\\f")]
    [TestCase("\0\u0001\u000b\u001e\u001f", "\\u0000\\u0001\\u000b\\u001e\\u001f")]
    [TestCase("\u2027\u2028\u2029\u202a", "\u2027\\u2028\\u2029\u202a")]
    [TestCase("\u2028", "\\u2028")]
    [TestCase("", "")]
    public void Text_is_escaped_as_Go_escapes_it(string text, string escaped) => Assert.That(Wire.Text(JsonText.Escape(text)), Is.EqualTo(escaped));

    [Test]
    public void Text_comes_back_as_it_was_and_any_JSON_reader_agrees() =>
        Gen.Char['\0', '\ud7ff'].Array[0, 30].Sample(
            chars =>
            {
                var text = new string(chars);
                var escaped = JsonText.Escape(text);
                Assert.That(JsonText.Decode(escaped, escaped: true), Is.EqualTo(text));
                Assert.That(Wire.Text(JsonText.DecodeUtf8(escaped, escaped: true)), Is.EqualTo(text));
                Assert.That(System.Text.Json.JsonSerializer.Deserialize<string>($"\"{Wire.Text(escaped)}\""), Is.EqualTo(text));
            },
            iter: 3000);

    [Test]
    public void Text_without_anything_to_escape_is_not_copied()
    {
        var text = "edge not online"u8.ToArray();
        Assert.That(JsonText.Escape(text), Is.SameAs(text));
    }

    [Test]
    public void A_first_byte_of_a_line_separator_at_the_end_of_broken_text_does_not_read_beyond_it()
    {
        Assert.That(JsonText.Escape([0xE2]), Is.EqualTo(new byte[] { 0xE2 }));
        Assert.That(JsonText.Escape([0xE2, 0x80]), Is.EqualTo(new byte[] { 0xE2, 0x80 }));
    }
}

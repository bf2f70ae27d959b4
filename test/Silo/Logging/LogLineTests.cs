namespace Frontier.Silo.Tests;

public sealed class LogLineTests
{
    [TestCase("a\nforged line", "a\\u000aforged line")]
    [TestCase("\u001b[2J", "\\u001b[2J")]
    [TestCase("a\rb", "a\\u000db")]
    [TestCase("a\u2028b\u2029c", "a\\u2028b\\u2029c")]
    [TestCase("user\u202egpj.exe\u2069", "user\\u202egpj.exe\\u2069")]
    [TestCase("\u0085\u009b31m", "\\u0085\\u009b31m")]
    public void Controls_that_a_peer_sends_do_not_reach_the_message_or_the_values(string sent, string written)
    {
        var line = LogLine.From($"Topic {sent} refused", [new("Topic", sent), new("{OriginalFormat}", "Topic {Topic} refused")]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(line.ToString(), Is.EqualTo($"Topic {written} refused"));
            Assert.That(line[0].Value, Is.EqualTo(written));
        }
    }

    [Test]
    public void Values_that_are_no_text_are_cleaned_as_they_would_be_written()
    {
        var line = LogLine.From("x", [new("A", new Named("a\u001bb")), new("B", 42)]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(line[0].Value, Is.EqualTo("a\\u001bb"));
            Assert.That(line[1].Value, Is.EqualTo(42));
        }
    }

    [Test]
    public void A_clean_line_stays_as_it_is() =>
        Assert.That(LogLine.From("Grüße an 東京 👋", [new("A", "Grüße")]).ToString(), Is.EqualTo("Grüße an 東京 👋"));

    [Test]
    public void A_value_of_a_peer_has_a_bounded_length()
    {
        var line = LogLine.From(new string('x', 1 << 20), [new("Meta", new string('x', 1 << 20))]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(line.ToString(), Has.Length.LessThan(LogText.MaxLength + 64));
            Assert.That((string)line[0].Value!, Has.Length.LessThan(LogText.MaxValueLength + 64).And.EndsWith("more characters)"));
        }
    }

    [Test]
    public void An_exception_keeps_its_lines_and_loses_what_moves_the_cursor()
    {
        var kept = new InvalidOperationException("two\nlines");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(LogLine.Clean(kept), Is.SameAs(kept));
            Assert.That(LogLine.Clean(new InvalidOperationException("a\u001b[2J"))!.ToString(), Does.Contain("a\\u001b[2J"));
        }
    }

    private sealed record Named(string Text)
    {
        public override string ToString() => Text;
    }
}

namespace Frontier.Gateway.Tests.Listing;

public sealed class LikePatternTests
{
    [TestCase("", "", true)]
    [TestCase("", "a", false)]
    [TestCase("%", "", true)]
    [TestCase("%", "anything", true)]
    [TestCase("abc", "abc", true)]
    [TestCase("abc", "ABC", true)]
    [TestCase("ABC", "abc", true)]
    [TestCase("abc", "abcd", false)]
    [TestCase("abc%", "abcd", true)]
    [TestCase("%bcd", "abcd", true)]
    [TestCase("%b%d", "abcd", true)]
    [TestCase("%b%c%x", "abcd", false)]
    [TestCase("a_c", "abc", true)]
    [TestCase("a_c", "ac", false)]
    [TestCase("a_c", "aéc", true)]
    [TestCase("_", "€", true)]
    [TestCase("__", "€", false)]
    [TestCase("%aab", "aaaab", true)]
    [TestCase("é%", "É", false)]
    [TestCase("a%%b", "ab", true)]
    public void A_text_is_like_a_pattern(string pattern, string text, bool isLike) =>
        Assert.That(new LikePattern(pattern).IsMatch(text), Is.EqualTo(isLike));

    [Test]
    public void Bytes_that_are_no_text_do_no_harm()
    {
        byte[] odd = [0xFF, 0x80, 0x80, (byte)'a', 0xC3];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(new LikePattern("%a%").IsMatch(odd), Is.True);
            Assert.That(new LikePattern("_%_%_%_%_%_").IsMatch(odd), Is.False);
        }
    }

    [Test]
    public void The_worst_pattern_for_a_long_text_is_still_answered()
    {
        var text = new string('a', 64 * 1024);
        Assert.That(new LikePattern(string.Concat(Enumerable.Repeat("%a", 50)) + "%b").IsMatch(text), Is.False);
    }
}

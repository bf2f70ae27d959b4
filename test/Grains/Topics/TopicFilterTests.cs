using System.Text;

namespace Frontier.Grains.Tests.Topics;

/// <summary>Topic filters, and what services may write instead of a topic's name.</summary>
[TestFixture]
internal sealed class TopicFilterTests
{
    private static readonly TopicRules All = new() { HasFilters = true, HasGroups = true, Fanout = ["news/#", "exact"] };

    [TestCase("a/b", "a/b", true)]
    [TestCase("a/b", "a/b/", false)]
    [TestCase("a/b", "a", false)]
    [TestCase("+", "a", true)]
    [TestCase("+", "", true)]
    [TestCase("+", "a/b", false)]
    [TestCase("a/+", "a/b", true)]
    [TestCase("a/+", "a/", true)]
    [TestCase("a/+", "a", false)]
    [TestCase("+/b", "/b", true)]
    [TestCase("a/+/c", "a/b/c", true)]
    [TestCase("a/+/c", "a/b/b/c", false)]
    [TestCase("#", "a", true)]
    [TestCase("#", "a/b/c", true)]
    [TestCase("#", "", true)]
    [TestCase("a/#", "a", true)]
    [TestCase("a/#", "a/", true)]
    [TestCase("a/#", "a/b/c", true)]
    [TestCase("a/#", "ab", false)]
    [TestCase("a/+/#", "a", false)]
    [TestCase("a/+/#", "a/b", true)]
    [TestCase("größe/+", "größe/主题", true)]
    public void A_filter_takes_what_mqtt_says(string filter, string topic, bool takes) =>
        Assert.That(TopicFilter.Matches(Encoding.UTF8.GetBytes(filter), Encoding.UTF8.GetBytes(topic)), Is.EqualTo(takes));

    [TestCase("a+", "+ and # stand for whole levels")]
    [TestCase("a/b#", "+ and # stand for whole levels")]
    [TestCase("a/++/b", "+ and # stand for whole levels")]
    [TestCase("#/a", "# can only be the last level")]
    [TestCase("", "it is empty")]
    [TestCase("a/+/b", null)]
    [TestCase("+/+/#", null)]
    [TestCase("a", null)]
    public void What_is_wrong_with_a_filter_is_said(string filter, string? problem) => Assert.That(TopicFilter.Problem(filter), Is.EqualTo(problem));

    [TestCase("a/b", "", "a/b", false)]
    [TestCase("a/+", "", "a/+", true)]
    [TestCase("$share/g/a/b", "g", "a/b", false)]
    [TestCase("$share/g/a/#", "g", "a/#", true)]
    [TestCase("$shared/g/a", "", "$shared/g/a", false)]
    public void A_name_is_a_topic_a_filter_or_either_in_a_group(string name, string group, string topic, bool isFilter)
    {
        Assert.That(All.Read(name), Is.EqualTo(new TopicInterest(group, topic, isFilter)));
        Assert.That(All.Problem(name), Is.Null);
    }

    [TestCase("$share/g")]
    [TestCase("$share/g/")]
    [TestCase("$share//a")]
    [TestCase("$share/g/a/#/b")]
    [TestCase("a#")]
    public void A_name_that_is_neither_is_refused(string name) => Assert.That(All.Problem(name), Does.Contain($"\"{name}\""));

    [TestCase("$share/g/a/#/b")]
    [TestCase("a#")]
    public void What_is_not_allowed_is_a_name_like_others(string name)
    {
        Assert.That(TopicRules.Plain.Read(name), Is.EqualTo(new TopicInterest("", name, false)));
        Assert.That(TopicRules.Plain.Problem(name), Is.Null);
    }

    [Test]
    public void Fan_out_is_told_by_topic()
    {
        Assert.That(All.IsFanout("news"u8));
        Assert.That(All.IsFanout("news/a"u8));
        Assert.That(All.IsFanout("exact"u8));
        Assert.That(All.IsFanout("exact/a"u8), Is.False);
        Assert.That(TopicRules.Plain.IsFanout("news"u8), Is.False);
    }
}

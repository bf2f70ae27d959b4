using System.Text.Json.Nodes;
using Frontier.Operator.Desired;
using Frontier.Operator.Kube;

namespace Frontier.Operator.Tests.Desired;

/// <summary>What counts as a difference, and what does not.</summary>
internal sealed class AppliedTests
{
    [TestCase("""{"spec":{"replicas":1}}""", """{"spec":{"replicas":1,"paused":false},"status":{}}""", false, TestName = "A_default_of_the_server_is_none")]
    [TestCase("""{"spec":{"replicas":1}}""", """{"spec":{"replicas":2}}""", true, TestName = "Another_value_is_one")]
    [TestCase("""{"spec":{"a":{"b":"c"}}}""", """{"spec":{}}""", true, TestName = "A_missing_member_is_one")]
    [TestCase("""{"spec":{"containers":[{"name":"x","image":"i"}]}}""", """{"spec":{"containers":[{"name":"sidecar"},{"name":"x","image":"i","tty":false}]}}""", false, TestName = "An_item_that_others_added_is_none")]
    [TestCase("""{"spec":{"containers":[{"name":"x","image":"i"}]}}""", """{"spec":{"containers":[{"name":"y","image":"i"}]}}""", true, TestName = "A_missing_item_is_one")]
    [TestCase("""{"spec":{"tolerations":[{"key":"a"}]}}""", """{"spec":{"tolerations":[{"key":"a"},{"key":"b"}]}}""", true, TestName = "A_list_without_keys_counts_as_a_whole")]
    [TestCase("""{"spec":{"ports":[{"port":1,"protocol":"TCP"}]}}""", """{"spec":{"ports":[{"port":1,"protocol":"TCP","nodePort":31000}]}}""", false, TestName = "A_port_is_found_by_its_number")]
    public void Differences(string desired, string observed, bool expected)
    {
        var wanted = Marked(desired);
        var found = Marked(desired);
        foreach (var (name, value) in JsonNode.Parse(observed)!.AsObject())
        {
            found[name] = value?.DeepClone();
        }

        Assert.That(Applied.Differs(wanted, new KubeObject(found)), Is.EqualTo(expected));
    }

    [Test]
    public void Nothing_there_is_a_difference() => Assert.That(Applied.Differs(Marked("{}"), null), Is.True);

    [Test]
    public void A_member_that_is_no_longer_wanted_is_seen_by_the_digest()
    {
        var before = Marked("""{"spec":{"a":1,"b":2}}""");
        Assert.That(Applied.Differs(Marked("""{"spec":{"a":1}}"""), new KubeObject(before)), Is.True);
    }

    [Test]
    public void The_digest_of_a_Secret_says_nothing_of_its_contents_and_a_change_is_seen_nevertheless()
    {
        var first = Marked("""{"kind":"Secret","data":{"password":"Zmlyc3Q="}}""");
        var second = Marked("""{"kind":"Secret","data":{"password":"c2Vjb25k"}}""");
        Assert.That(Digest(first), Is.EqualTo(Digest(second)));
        Assert.That(Applied.Differs(second, new KubeObject(first)), Is.True);

        static string Digest(JsonObject json) => json["metadata"]!["annotations"]!["frontier.singchia.io/applied"]!.GetValue<string>();
    }

    private static JsonObject Marked(string text)
    {
        var json = JsonNode.Parse(text)!.AsObject();
        json["metadata"] = new JsonObject { ["name"] = "x", ["namespace"] = "default" };
        Applied.Mark(json);
        return json;
    }
}

using System.Text;

namespace Frontier.Gateway.Tests;

public class ServiceMetaTests
{
    [TestCase("""{"service":"chat","topics":["a","b"]}""", "chat", "a,b")]
    [TestCase("""{"service":"","topics":null}""", "", "")]
    [TestCase("""{"topics":["x"],"unknown":{"y":[1]}}""", null, "x")]
    [TestCase("{}", null, "")]
    [TestCase("", null, "")]
    [TestCase("null", null, "")]
    public void What_services_connect_with_is_read(string json, string? service, string topics)
    {
        Assert.That(ServiceMeta.TryParse(Encoding.UTF8.GetBytes(json), 1024, out var meta), Is.Null);
        Assert.That(meta.Service, Is.EqualTo(service));
        Assert.That(string.Join(',', meta.Topics ?? []), Is.EqualTo(topics));
    }

    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("\"chat\"")]
    [TestCase("""{"service":5}""")]
    [TestCase("""{"topics":"a"}""")]
    [TestCase("""{"topics":[null]}""")]
    [TestCase("\u0001\u0002")]
    public void Bad_meta_is_an_error_with_a_reason(string json)
    {
        Assert.That(ServiceMeta.TryParse(Encoding.UTF8.GetBytes(json), 1024, out _), Does.StartWith("illegal service meta"));
    }

    [Test]
    public void A_name_or_topic_above_the_limit_is_an_error()
    {
        var longName = new string('x', 11);

        Assert.That(ServiceMeta.TryParse(Encoding.UTF8.GetBytes($$"""{"service":"{{longName}}"}"""), 10, out _), Does.Contain("more than 10 bytes"));
        Assert.That(ServiceMeta.TryParse(Encoding.UTF8.GetBytes($$"""{"topics":["{{longName}}"]}"""), 10, out _), Does.Contain("more than 10 bytes"));
    }
}

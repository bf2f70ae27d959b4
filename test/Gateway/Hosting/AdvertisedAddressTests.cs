using System.Net;

namespace Frontier.Gateway.Tests.Hosting;

/// <summary>Under which address others are told to reach a listener.</summary>
[TestFixture]
internal sealed class AdvertisedAddressTests
{
    private static readonly IPAddress Host = IPAddress.Parse("10.1.2.3");

    [TestCase("edge.example:443", "0.0.0.0", "edge.example:443", Description = "as configured")]
    [TestCase("edge.example:0", "0.0.0.0", "edge.example:4000", Description = "as configured, with the port there is")]
    [TestCase("", "0.0.0.0", "10.1.2.3:4000", Description = "all addresses: the process's own")]
    [TestCase("", "::", "10.1.2.3:4000", Description = "all addresses of both kinds")]
    [TestCase("", "127.0.0.1", "127.0.0.1:4000", Description = "the one it listens on")]
    [TestCase("", "::1", "[::1]:4000", Description = "the one it listens on, in brackets")]
    [TestCase(":443", "0.0.0.0", "10.1.2.3:443", Description = "only the port is configured, as with a port that is mapped")]
    public void Others_are_told_what_is_configured_or_else_where_it_listens(string advertised, string bound, string expected) =>
        Assert.That(
            AdvertisedAddress.Of(new ListenOptions { AdvertisedAddr = advertised }, new IPEndPoint(IPAddress.Parse(bound), 4000), Host),
            Is.EqualTo(expected));

    [Test]
    public void Pod_is_reached_by_its_own_address() =>
        Assert.That(AdvertisedAddress.OfThisHost("10.244.0.7"), Is.EqualTo(IPAddress.Parse("10.244.0.7")));

    [TestCase(null)]
    [TestCase("")]
    [TestCase("none")]
    public void Without_a_pod_there_is_still_an_address_others_can_dial(string? podIp) =>
        Assert.That(AdvertisedAddress.OfThisHost(podIp), Is.Not.EqualTo(IPAddress.Any).And.Not.EqualTo(IPAddress.IPv6Any));
}

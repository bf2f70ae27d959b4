using System.Net;
using Frontier.Client;

namespace Frontier.Sdk.Tests.Cluster;

public sealed class ClusterOptionsTests
{
    private static readonly TestCaseData[] Wrong = Array.ConvertAll<(FrontierClusterServiceOptions Options, string Name), TestCaseData>(
        [
            (new() { Gateways = [new IPEndPoint(IPAddress.Loopback, 1)], Frontlas = new Uri("http://a") }, "Gateways"),
            (new() { Frontlas = new Uri("ftp://a") }, "Frontlas"),
            (new() { Gateways = [new IPEndPoint(IPAddress.Loopback, 0)] }, "Gateways"),
            (new() { Gateways = [new IPEndPoint(IPAddress.Loopback, 1)], RouteCapacity = 0 }, "RouteCapacity"),
            (new() { Gateways = [new IPEndPoint(IPAddress.Loopback, 1)], Service = new FrontierServiceOptions { Reconnect = null } }, "Service"),
        ],
        wrong => new TestCaseData(wrong.Options, wrong.Name).SetArgDisplayNames(wrong.Name));

    [TestCaseSource(nameof(Wrong))]
    public void A_wrong_option_is_named(FrontierClusterServiceOptions options, string name) =>
        Assert.That(Assert.Throws<ArgumentException>(() => _ = new FrontierClusterService(options))!.ParamName, Is.EqualTo(name));
}

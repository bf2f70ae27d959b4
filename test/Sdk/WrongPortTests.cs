using System.Net;
using Frontier.Client;
using Frontier.Gateway;
using Frontier.Silo.Tests;

namespace Frontier.Sdk.Tests;

/// <summary>Who connects to the wrong one of a process's ports hears what is there, at once.</summary>
public sealed class WrongPortTests : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private LiveGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _certificates.WriteServer("localhost");
        _gateway = await LiveGateway.StartAsync(
            ("frontier_plane:listen:addr", "127.0.0.1:0"),
            ("controlplane:listen:tls:enable", "true"),
            ("controlplane:listen:tls:certs:0:cert", _certificates.CertificateFile("localhost")),
            ("controlplane:listen:tls:certs:0:key", _certificates.KeyFile("localhost")));
    }

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    public void Dispose() => _certificates.Dispose();

    [Test]
    public async Task A_service_at_the_port_for_edges_is_turned_away()
    {
        var error = await FailServiceAsync(_gateway.EdgeEndPoint);
        Assert.That((error.Code, error.Message), Is.EqualTo((FrontierErrorCode.Refused, "this port is for edges; services connect to the one of servicebound.listen")));
    }

    [TestCase("", "this port is for services; edges connect to the one of edgebound.listen")]
    [TestCase("pump 7", "edges connect to the port of edgebound.listen")]
    public async Task An_edge_at_the_port_for_services_is_turned_away(string meta, string expected)
    {
        var error = await FailEdgeAsync(_gateway.ServiceEndPoint, meta);
        Assert.That(error.Code, Is.EqualTo(FrontierErrorCode.Refused));
        Assert.That(error.Message, Does.Contain(expected));
    }

    [Test]
    public async Task Frontlas_frontier_plane_says_whom_it_is_for()
    {
        var error = await FailEdgeAsync(_gateway.EndPointOf(FrontierEndpoints.FrontierPlane), "pump 7");
        Assert.That(error.Message, Does.Contain("this port takes the reports of frontiers"));
    }

    [TestCase(FrontierEndpoints.Frontlas)]
    [TestCase(FrontierEndpoints.Observability)]
    public async Task A_port_for_HTTP_is_named_at_once(string listener)
    {
        var error = await FailEdgeAsync(_gateway.EndPointOf(listener), "pump 7");
        Assert.That(error.Code, Is.EqualTo(FrontierErrorCode.Protocol));
        Assert.That(error.Message, Does.Contain("it speaks HTTP, not Frontier's protocol"));
    }

    [Test]
    public async Task A_port_with_TLS_is_named_to_who_comes_without()
    {
        var error = await FailEdgeAsync(_gateway.EndPointOf(FrontierEndpoints.Controlplane), "pump 7");
        Assert.That(error.Message, Does.Contain("it speaks TLS").Or.Contain("A port that expects TLS"));
    }

    private static Task<FrontierException> FailEdgeAsync(IPEndPoint endPoint, string meta) => FailAsync(FrontierEdge.ConnectAsync(
        endPoint.ToString(), new FrontierEdgeOptions { Reconnect = null, Meta = System.Text.Encoding.UTF8.GetBytes(meta) }));

    private static Task<FrontierException> FailServiceAsync(IPEndPoint endPoint) => FailAsync(FrontierService.ConnectAsync(
        endPoint.ToString(), new FrontierServiceOptions { Reconnect = null }));

    private static async Task<FrontierException> FailAsync(Task connecting) =>
        (await Assert.ThrowsAsync<FrontierException>(() => connecting.WaitAsync(TimeSpan.FromSeconds(30))))!;
}

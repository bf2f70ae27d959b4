using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Frontier.Client;
using Frontier.Operator.Tests.Chart;
using Frontier.Operator.Tests.Support;
using k8s.Models;

namespace Frontier.Operator.Tests.Pods;

/// <summary>The pods that the operator asks for, started as real processes against a real Redis server, do what the cluster is there for.</summary>
[NonParallelizable]
internal sealed class PodTests
{
    private PodCluster? _cluster;

    [TearDown]
    public async Task StopAsync()
    {
        if (_cluster is { } cluster)
        {
            _cluster = null;
            if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
            {
                cluster.PrintLogs();
            }

            await cluster.DisposeAsync();
        }
    }

    [TestCase("the smallest example", "demo", "redis-7c1")]
    [TestCase("the chart", "shop", null)]
    public async Task Pods_become_ready_serve_and_leave_within_their_grace_period(string from, string name, string? password)
    {
        _cluster = await PodCluster.CreateAsync(Resource(from, name, password), password);
        var silo = await _cluster.StartAsync($"{name}-frontlas");
        // Ready means that it has found the silo: a gateway without the service catalog is not.
        var gateway = await _cluster.StartAsync($"{name}-frontier");
        Assert.That(await silo.ProbeAsync(), Is.All.EqualTo(200));

        await using var service = await FrontierService.ConnectAsync(
            new FrontierServiceOptions { EndPoint = _cluster.EndPointOf($"{name}-servicebound-svc", "servicebound"), Name = "billing", Topics = ["readings"], Reconnect = null });
        await using var edge = await ConnectEdgeAsync(name);
        Assert.That((await service.CallAsync(edge.EdgeId, "echo", "down"u8.ToArray())).Payload.ToArray(), Is.EqualTo("down"u8.ToArray()));
        var received = TakeOneAsync(service);
        await edge.PublishAsync("readings", "21.5"u8.ToArray()).AsTask().InTime();
        Assert.That(await received.InTime(), Is.EqualTo("21.5"));

        var gateways = await AskFrontlasAsync(name, "frontiers");
        Assert.That(gateways["frontiers"]!.AsArray().Select(item => item!["frontierId"]?.GetValue<string>() ?? item["frontier_id"]?.GetValue<string>()), Is.EqualTo(new[] { gateway.Name }));
        await Eventually.HoldsAsync(
            async () => (await AskFrontlasAsync(name, $"edge?edge_id={edge.EdgeId}")).ToJsonString().Contains($"\"{edge.EdgeId}\"", StringComparison.Ordinal), "the façade finds the edge");

        Assert.That(await gateway.StopAsync(), Is.Zero);
        await edge.Completion.InTime();
        Assert.That(await silo.StopAsync(), Is.Zero);
    }

    [Test]
    public async Task A_changed_certificate_is_served_without_a_restart()
    {
        var (first, second) = (Certificates.Create("first"), Certificates.Create("second"));
        _cluster = await PodCluster.CreateAsync(
            Yaml.Read(Repository.Read("k8s", "examples", "production.yaml")), "secret", TlsSecret(first), Secret("redis", ("password", "secret")));
        await _cluster.StartAsync("edge-frontlas");
        var gateway = await _cluster.StartAsync("edge-frontier");

        var served = new ServedCertificate(first, second);
        await using var before = await ConnectEdgeAsync("edge", served.Options());
        Assert.That(served.Name, Is.EqualTo("CN=first"));
        Assert.That(async () => await ConnectEdgeAsync("edge"), Throws.InstanceOf<FrontierException>(), "without TLS there is no way in");

        _cluster.Change(TlsSecret(second));
        await Eventually.HoldsAsync(
            async () =>
            {
                await using var after = await ConnectEdgeAsync("edge", served.Options());
                return served.Name == "CN=second";
            },
            "the new certificate is served");
        Assert.That(gateway.IsRunning, Is.True);
        Assert.That(before.IsConnected, Is.True, "who was connected stays");
    }

    [Test]
    public async Task With_mtls_only_edges_that_an_authority_vouches_for_come_in()
    {
        var (pair, trusted, stranger) = (Certificates.Create(), Certificates.Create("trusted"), Certificates.Create("stranger"));
        _cluster = await PodCluster.CreateAsync(
            Yaml.Read("""
                apiVersion: frontier.singchia.io/v1alpha1
                kind: FrontierCluster
                metadata: { name: demo }
                spec:
                  frontier: { edgebound: { tls: { enabled: true, mtls: true, certificateKeySecretRef: { name: edge-tls }, caCertificateSecretRef: { name: edge-ca } } } }
                  frontlas: { redis: { addrs: ["redis:6379"] } }
                """),
            null,
            TlsSecret(pair),
            Secret("edge-ca", ("ca.crt", trusted.Certificate)));
        await _cluster.StartAsync("demo-frontlas");
        await _cluster.StartAsync("demo-frontier");

        var served = new ServedCertificate(pair);
        await using var edge = await ConnectEdgeAsync("demo", served.Options(trusted));
        Assert.That(edge.IsConnected, Is.True);
        Assert.That(async () => await ConnectEdgeAsync("demo", served.Options(stranger)), Throws.InstanceOf<FrontierException>());
        Assert.That(async () => await ConnectEdgeAsync("demo", served.Options()), Throws.InstanceOf<FrontierException>());

        _cluster.Change(Secret("edge-ca", ("ca.crt", trusted.Certificate + "\n" + stranger.Certificate)));
        await using var newcomer = await Eventually.SucceedsAsync(() => ConnectEdgeAsync("demo", served.Options(stranger)), "the new authority is believed");
        Assert.That(newcomer.IsConnected, Is.True);
    }

    private static JsonObject Resource(string from, string name, string? password)
    {
        var resource = from == "the chart"
            ? HelmChart.Render("edge", $"fullnameOverride: {name}\ncluster: {{ enabled: true }}\nredis: {{ addrs: [\"redis.edge.svc:6379\"] }}").Objects
                .Single(item => item["kind"]!.GetValue<string>() == "FrontierCluster")
            : Yaml.Read(Repository.Read("k8s", "examples", "minimal.yaml"));
        if (password is not null)
        {
            resource["spec"]!["frontlas"]!["redis"]!["password"] = password;
        }

        return resource;
    }

    private Task<FrontierEdge> ConnectEdgeAsync(string name, SslClientAuthenticationOptions? tls = null) => FrontierEdge.ConnectAsync(new FrontierEdgeOptions
    {
        EndPoint = _cluster!.EndPointOf($"{name}-edgebound-svc", "edgebound"),
        Reconnect = null,
        Tls = tls,
        Methods = new Dictionary<string, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>>>
        {
            ["echo"] = (request, _) => ValueTask.FromResult<CallResponse>(request.Payload),
        },
    });

    private async Task<JsonNode> AskFrontlasAsync(string name, string what)
    {
        using var http = new HttpClient();
        IPEndPoint facade = _cluster!.EndPointOf($"{name}-frontlas-svc", "controlplane");
        return JsonNode.Parse(await http.GetStringAsync(new Uri($"http://{facade}/cluster/v1/{what}")))!;
    }

    private static async Task<string> TakeOneAsync(FrontierService service)
    {
        await foreach (var message in service.ReceiveAsync())
        {
            await message.AckAsync();
            return Encoding.UTF8.GetString(message.Payload.Span);
        }

        throw new AssertionException("The connection ended.");
    }

    private static V1Secret TlsSecret((string Certificate, string Key) pair) => Secret("edge-tls", ("tls.crt", pair.Certificate), ("tls.key", pair.Key));

    private static V1Secret Secret(string name, params (string Key, string Value)[] data) =>
        new() { Metadata = new V1ObjectMeta { Name = name }, Data = data.ToDictionary(item => item.Key, item => Encoding.UTF8.GetBytes(item.Value)) };

    /// <summary>What a gateway shows in the handshake; taken when it is one of those that the Secret has had.</summary>
    private sealed class ServedCertificate(params (string Certificate, string Key)[] ours)
    {
        private readonly string[] _known = [.. ours.Select(pair => ThumbprintOf(pair.Certificate))];

        public string? Name { get; private set; }

        public SslClientAuthenticationOptions Options((string Certificate, string Key)? own = null) => new()
        {
            TargetHost = "gateway",
            ClientCertificates = own is { } pair ? [X509Certificate2.CreateFromPem(pair.Certificate, pair.Key)] : null,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                Name = certificate?.Subject;
                return _known.Contains(certificate?.GetCertHashString());
            },
        };

        private static string ThumbprintOf(string pem)
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            return certificate.Thumbprint;
        }
    }
}

using System.Text;
using System.Text.Json.Nodes;
using Frontier.Operator.Api;
using Frontier.Operator.Kube;
using Frontier.Operator.Tests.Support;
using Frontier.Operator.Tests.Support.ApiServer;

namespace Frontier.Operator.Tests.Scenarios;

/// <summary>The original ignored the TLS settings of its resource; here pods serve TLS, and what is missing or wrong is said.</summary>
internal sealed class TlsTests : OperatorScenario
{
    private const string Tls = """
        edgebound:
          tls:
            enabled: true
            certificateKeySecretRef: { name: edge-tls }
        """;

    private const string Mtls = """
        edgebound:
          tls:
            enabled: true
            mtls: true
            certificateKeySecretRef: { name: edge-tls }
            caCertificateSecretRef: { name: edge-ca }
        """;

    [Test]
    public async Task TLS_on_rotated_and_off_again()
    {
        var first = Certificates.Create();
        Server.Apply(Certificates.TlsSecret("edge-tls", first));
        Server.Apply(Simple);
        StartOperator();
        await SettledAsync();

        Server.Apply(WithTls(Tls));
        await Eventually.HoldsAsync(() => Variable(Container("demo-frontier"), "edgebound__listen__tls__enable") == "true", "the gateways serve TLS");
        await SettledAsync();
        var container = Container("demo-frontier");
        Assert.That(Variable(container, "edgebound__listen__tls__certs__0__cert"), Is.EqualTo("/app/conf/edgebound/tls/secret/tls.crt"));
        Assert.That(container["volumeMounts"]!.AsArray().Select(mount => mount!["mountPath"]!.GetValue<string>()), Does.Contain("/app/conf/edgebound/tls/secret"));
        Assert.That(Copy("demo-edgebound-certkey-certificate", "tls.crt"), Is.EqualTo(first.Certificate));
        Assert.That(Copy("demo-edgebound-certkey-certificate", "tls.key"), Is.EqualTo(first.Key));

        // A new certificate is one Secret: the gateways read it again by themselves.
        var writes = Server.Writes.Count;
        var second = Certificates.Create();
        Server.Apply(Certificates.TlsSecret("edge-tls", second));
        await Eventually.HoldsAsync(() => Copy("demo-edgebound-certkey-certificate", "tls.crt") == second.Certificate, "the copy follows");
        Assert.That(WritesSince(writes), Is.EqualTo(new[] { "PATCH Secret demo-edgebound-certkey-certificate 200" }));

        Server.Apply(Simple);
        await Eventually.HoldsAsync(() => Server.Find(ResourceType.Secrets, "demo-edgebound-certkey-certificate") is null, "the copy is gone");
        await SettledAsync();
        Assert.That(Variable(Container("demo-frontier"), "edgebound__listen__tls__enable"), Is.Null);
        Assert.That(Deployment("demo-frontier")["spec"]!["template"]!["spec"]!["volumes"]!.AsArray(), Has.Count.EqualTo(1));
        Assert.That(Server.Find(ResourceType.Secrets, "edge-tls"), Is.Not.Null, "the user's own stays");
    }

    [Test]
    public async Task MTLS_mounts_the_authorities_as_well()
    {
        var authority = Certificates.Create("authority");
        Server.Apply(Certificates.TlsSecret("edge-tls", Certificates.Create()));
        Server.Apply(Certificates.Secret("edge-ca", ("ca.crt", authority.Certificate)));
        Server.Apply(WithTls(Mtls));
        StartOperator();
        await SettledAsync();
        var container = Container("demo-frontier");
        Assert.That(Variable(container, "edgebound__listen__tls__mtls"), Is.EqualTo("true"));
        Assert.That(Variable(container, "edgebound__listen__tls__ca_certs__0"), Is.EqualTo("/app/conf/edgebound/tls/ca/ca.crt"));
        Assert.That(Copy("demo-edgebound-ca-certificate", "ca.crt"), Is.EqualTo(authority.Certificate));
    }

    [Test]
    public void MTLS_without_an_authority_is_refused_by_the_API_server() => Assert.That(
        () => Server.Apply(WithTls(Mtls.Replace("    caCertificateSecretRef: { name: edge-ca }", "", StringComparison.Ordinal))),
        Throws.TypeOf<ApiException>().With.Message.Contains("mtls needs caCertificateSecretRef"));

    [Test]
    public async Task MTLS_without_an_authority_in_an_older_resource_is_a_Failed_status_and_no_crash()
    {
        Server.Apply(Simple);
        var process = StartOperator();
        await SettledAsync();
        var writes = Server.Writes.Count;

        // As if it had been stored before the CRD had its rules.
        Edit(spec => spec["frontier"]!["edgebound"]!["tls"] = JsonNode.Parse("""{"enabled":true,"mtls":true,"certificateKeySecretRef":{"name":"edge-tls"}}"""));
        await PhaseIsAsync(Phases.Failed);
        Assert.That(Status()!.Message, Is.EqualTo("edgebound.tls.mtls needs caCertificateSecretRef"));
        Assert.That(ConditionOf(ConditionTypes.Degraded), Is.EqualTo("True InvalidSpec"));
        Assert.That(ConditionOf(ConditionTypes.Available), Is.EqualTo("True Serving"), "what runs goes on");
        Assert.That(ChangesSince(writes), Is.Empty);
        Assert.That(Events(), Does.Contain("Warning Failed"));

        Server.Apply(Simple.Replace("edgebound: {}", "edgebound: { tls: { enabled: false } }", StringComparison.Ordinal));
        await PhaseIsAsync(Phases.Running);
        Assert.That(process.HasExited, Is.False);
    }

    [Test]
    public async Task A_Secret_that_is_missing_is_waited_for()
    {
        Server.Apply(WithTls(Tls));
        StartOperator();
        await PhaseIsAsync(Phases.Pending);
        await Eventually.HoldsAsync(() => ConditionOf(ConditionTypes.Progressing) == "False Waiting", "it waits");
        Assert.That(Status()!.Message, Is.EqualTo("Secret edge-tls does not exist yet"));
        Assert.That(ConditionOf(ConditionTypes.Degraded), Is.EqualTo("True SecretMissing"));
        Assert.That(Server.Find(ResourceType.Deployments, "demo-frontier"), Is.Null, "gateways could not mount it");
        Assert.That(Server.Find(ResourceType.Deployments, "demo-frontlas"), Is.Not.Null, "silos do not need it");

        Server.Apply(Certificates.TlsSecret("edge-tls", Certificates.Create()));
        await SettledAsync();
        Assert.That(Events(), Does.Contain("Warning SecretMissing").And.Contain("Normal Recovered"));
    }

    [Test]
    public async Task A_bad_certificate_never_reaches_the_gateways()
    {
        var good = Certificates.Create();
        Server.Apply(Certificates.TlsSecret("edge-tls", good));
        Server.Apply(WithTls(Tls));
        StartOperator();
        await SettledAsync();

        Server.Apply(Certificates.TlsSecret("edge-tls", (good.Certificate, Certificates.Create().Key)));
        await PhaseIsAsync(Phases.Failed);
        Assert.That(Status()!.Message, Does.Contain("are not a certificate and its key"));
        Assert.That(Copy("demo-edgebound-certkey-certificate", "tls.key"), Is.EqualTo(good.Key));

        Server.Apply(Certificates.TlsSecret("edge-tls", Certificates.Create()));
        await PhaseIsAsync(Phases.Running);
    }

    private static string WithTls(string tls) => ClusterYaml(frontier: tls).Replace("    edgebound: {}\n", "", StringComparison.Ordinal);

    private string? Copy(string name, string key) =>
        Server.Find(ResourceType.Secrets, name)?["data"]?[key]?.GetValue<string>() is { } data ? Encoding.UTF8.GetString(Convert.FromBase64String(data)) : null;

    private void Edit(Action<JsonNode> change) => Server.Store.Edit(ResourceType.FrontierClusters, new ObjectKey("default", "demo"), (cluster, _) =>
    {
        change(cluster!["spec"]!);
        cluster["metadata"]!["generation"] = cluster["metadata"]!["generation"]!.GetValue<long>() + 1;
        return cluster;
    });
}

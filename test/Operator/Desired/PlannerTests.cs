using System.Text;
using System.Text.Json.Nodes;
using Frontier.Operator.Api;
using Frontier.Operator.Desired;
using Frontier.Operator.Kube;
using Frontier.Operator.Tests.Support;
using Frontier.Silo;
using k8s;
using k8s.Models;

namespace Frontier.Operator.Tests.Desired;

/// <summary>What is wanted of a cluster, worked out without an API server.</summary>
internal sealed class PlannerTests
{
    private static readonly OperatorDefaults Defaults = new("frontier:test", "frontlas:test");

    private static readonly Dictionary<string, V1Secret> NoSecrets = [];

    [Test]
    public void The_smallest_cluster() => Golden.Matches("plan-minimal.yaml", ObjectsOf(Repository.Read("k8s", "examples", "minimal.yaml"), NoSecrets));

    [Test]
    public void A_cluster_for_production() => Golden.Matches("plan-production.yaml", ObjectsOf(Repository.Read("k8s", "examples", "production.yaml"), ProductionSecrets()));

    [Test]
    public void The_same_cluster_gives_the_same_plan() =>
        Assert.That(Text(), Is.EqualTo(Text()));

    [Test]
    public void Without_CRD_defaults_the_defaults_are_the_same()
    {
        var bare = Create("frontier: {}\nfrontlas: { redis: { addrs: [\"redis:6379\"] } }");
        var full = Create("""
            frontier:
              replicas: 1
              servicebound: { port: 30011, service: demo-servicebound-svc, serviceType: ClusterIP }
              edgebound: { port: 30012, serviceName: demo-edgebound-svc, serviceType: NodePort, tls: { enabled: false } }
            frontlas:
              replicas: 1
              controlplane: { port: 40011, frontierPlanePort: 40012, service: demo-frontlas-svc, serviceType: ClusterIP }
              redis: { addrs: ["redis:6379"], redisType: standalone, db: 0 }
            """);
        Assert.That(bare.Objects.Select(item => item.Json.ToJsonString()), Is.EqualTo(full.Objects.Select(item => item.Json.ToJsonString())));
    }

    [Test]
    public void What_a_pod_should_have_takes_the_place_of_the_defaults()
    {
        var plan = Create("""
            frontier:
              nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: metadata.name, operator: In, values: [node-1] }] }] } }
              pod:
                resources: { requests: { cpu: "2000m" } }
                env: [{ name: drain__rate, value: "50" }, { name: cluster__cluster_id, value: shared }, { name: mqm__redis__password, valueFrom: { secretKeyRef: { name: q, key: p } } }]
                terminationGracePeriodSeconds: 300
                imagePullPolicy: Always
                labels: { app: mine, tier: front }
                tolerations: [{ key: edge, operator: Exists }]
                livenessProbe: { tcpSocket: { port: 30012 } }
                lifecycle: { preStop: { exec: { command: [sleep, "1"] } } }
                podSecurityContext: { runAsUser: 1000 }
                containerSecurityContext: { readOnlyRootFilesystem: false }
            frontlas: { redis: { addrs: ["redis:6379"] } }
            """);
        var template = plan.Objects.Single(item => item.Key.Name == "demo-frontier" && item.Type == ResourceType.Deployments).Json["spec"]!["template"]!;
        var pod = template["spec"]!;
        var container = pod["containers"]![0]!;
        Assert.That(template["metadata"]!["labels"]!["app"]!.GetValue<string>(), Is.EqualTo("demo-frontier"), "the operator's labels stay: it selects by them");
        Assert.That(template["metadata"]!["labels"]!["tier"]!.GetValue<string>(), Is.EqualTo("front"));
        Assert.That(container["resources"]!.ToJsonString(), Is.EqualTo("""{"requests":{"cpu":"2"}}"""), "as the API server will write it");
        Assert.That(pod["terminationGracePeriodSeconds"]!.GetValue<long>(), Is.EqualTo(300));
        Assert.That(container["env"]!.AsArray().Single(item => item!["name"]!.GetValue<string>() == "FRONTIER_DRAIN_SECONDS")!["value"]!.GetValue<string>(), Is.EqualTo("290"));
        Assert.That(Values("drain__rate"), Is.EqualTo(new[] { "50" }));
        Assert.That(Values("cluster__cluster_id"), Is.EqualTo(new[] { "shared" }), "the user's, once");
        Assert.That(container["env"]!.ToJsonString(), Does.Contain("""{"name":"mqm__redis__password","valueFrom":{"secretKeyRef":{"key":"p","name":"q"}}}"""));
        Assert.That(container["livenessProbe"]!["tcpSocket"], Is.Not.Null);
        Assert.That(container["lifecycle"]!["preStop"]!["sleep"], Is.Null);
        Assert.That(pod["securityContext"]!.ToJsonString(), Is.EqualTo("""{"runAsUser":1000}"""));
        Assert.That(pod["affinity"]!["nodeAffinity"], Is.Not.Null);
        Assert.That(pod["affinity"]!["podAntiAffinity"], Is.Not.Null);

        IEnumerable<string?> Values(string name) =>
            container["env"]!.AsArray().Where(item => item!["name"]!.GetValue<string>() == name).Select(item => item!["value"]?.GetValue<string>());
    }

    [TestCase("frontier: { edgebound: { port: 443, serviceType: NodePort } }", null)]
    [TestCase("frontier: { edgebound: { port: 32000 } }", 32000)]
    [TestCase("frontier: { edgebound: { port: 32000, serviceType: LoadBalancer } }", null)]
    public void A_node_port_is_asked_for_only_where_there_can_be_one(string frontier, int? expected)
    {
        var service = Create(frontier + "\nfrontlas: { redis: { addrs: [a] } }").Objects.Single(item => item.Key.Name == "demo-edgebound-svc");
        Assert.That(service.Json["spec"]!["ports"]![0]!["nodePort"]?.GetValue<int>(), Is.EqualTo(expected));
    }

    [TestCase("frontier: { replicas: -1 }", "replicas must not be negative")]
    [TestCase("frontier: { edgebound: { port: 9091 } }", "port 9091 is taken in every pod")]
    [TestCase("frontier: { edgebound: { port: 30011 } }", "port 30011 is used twice")]
    [TestCase("frontier: { edgebound: { serviceName: Not-A-Name } }", "cannot be the name of a Service")]
    [TestCase("frontier: { edgebound: { serviceName: demo-servicebound-svc } }", "different names")]
    [TestCase("frontier: { edgebound: { tls: { enabled: true } } }", "without certificateKeySecretRef")]
    [TestCase("frontier: { edgebound: { tls: { enabled: true, mtls: true, certificateKeySecretRef: { name: a } } } }", "mtls needs caCertificateSecretRef")]
    [TestCase("frontier: { edgebound: { tls: { enabled: true, mtls: true, optional: true, certificateKeySecretRef: { name: a }, caCertificateSecretRef: { name: b } } } }", "exclude each other")]
    [TestCase("frontlas: { redis: { addrs: [] } }", "names no server")]
    [TestCase("frontlas: { redis: { addrs: [a, b] } }", "takes one address")]
    [TestCase("frontlas: { redis: { addrs: [a], redisType: sentinel } }", "needs masterName")]
    [TestCase("frontlas: { redis: { addrs: [a], redisType: cluster, db: 3 } }", "no database but 0")]
    [TestCase("frontlas: { redis: { addrs: [a], redisType: ring } }", "is not standalone, sentinel or cluster")]
    [TestCase("frontier: { autoscaling: { maxReplicas: 1, minReplicas: 2, targetConnections: 1 } }", "at least minReplicas")]
    public void A_spec_that_cannot_work_is_Failed_and_changes_nothing(string part, string message)
    {
        var plan = Create(part.StartsWith("frontlas", StringComparison.Ordinal) ? part + "\nfrontier: {}" : part + "\nfrontlas: { redis: { addrs: [a] } }");
        Assert.That(plan.Problems.Where(problem => problem.Severity == ProblemSeverity.Failed).Select(problem => problem.Message), Has.Some.Contains(message));
        Assert.That(plan.Objects, Is.Empty);
        Assert.That(plan.IsComplete, Is.False, "so nothing is removed either");
    }

    [Test]
    public void A_certificate_and_key_in_one_PEM_are_taken_apart()
    {
        var (certificate, key) = Certificates.Create();
        var copy = CopyOf(("tls.pem", key + "\n" + certificate + "\n"));
        Assert.That(Encoding.UTF8.GetString(copy!.Data["tls.crt"]).Trim(), Is.EqualTo(certificate.Trim()));
        Assert.That(Encoding.UTF8.GetString(copy.Data["tls.key"]).Trim(), Is.EqualTo(key.Trim()));
        Assert.That(CopyOf(("tls.pem", key + "\n" + certificate), ("tls.crt", Certificates.Create().Certificate), ("tls.key", key)), Is.Null, "they must agree");
    }

    [TestCase(false, "tls.crt", "CERT", "has neither tls.crt and tls.key nor tls.pem")]
    [TestCase(false, "tls.pem", "CERT", "has neither tls.crt and tls.key nor tls.pem")]
    [TestCase(true, "other", "CERT", "Secret edge-ca has no ca.crt, which mtls needs")]
    [TestCase(true, "ca.crt", "no PEM", "Secret edge-ca: ca.crt holds no certificate in PEM")]
    public void A_Secret_that_cannot_serve_is_Failed_and_no_part_of_it_is_copied(bool mtls, string key, string content, string message)
    {
        var (certificate, privateKey) = Certificates.Create();
        var broken = Secret((key, content.Replace("CERT", certificate, StringComparison.Ordinal)));
        var plan = Create(
            TlsSpec.Replace("enabled: true", mtls ? "enabled: true, mtls: true, caCertificateSecretRef: { name: edge-ca }" : "enabled: true", StringComparison.Ordinal),
            mtls
                ? new() { ["edge-tls"] = Secret(("tls.crt", certificate), ("tls.key", privateKey)), ["edge-ca"] = broken }
                : new() { ["edge-tls"] = broken });
        Assert.That(plan.Problems.Select(problem => (problem.Severity, problem.Reason)), Is.EqualTo(new[] { (ProblemSeverity.Failed, "InvalidSecret") }));
        Assert.That(plan.Problems[0].Message, Does.Contain(message));
        Assert.That(plan.Objects.Select(item => item.Type), Has.None.EqualTo(ResourceType.Secrets), "the gateways that run keep what they have");
        Assert.That(plan.Objects.Select(item => item.Key.Name), Has.Some.EqualTo("demo-frontlas"), "silos do not need it");
        Assert.That(plan.IsComplete, Is.False);
    }

    [Test]
    public void A_certificate_that_has_expired_is_served_and_warned_of()
    {
        var (certificate, key) = Certificates.Create(until: DateTimeOffset.UtcNow.AddDays(-1));
        var plan = Create(TlsSpec, new Dictionary<string, V1Secret> { ["edge-tls"] = Secret(("tls.crt", certificate), ("tls.key", key)) });
        Assert.That(plan.Problems.Select(problem => (problem.Severity, problem.Reason)), Is.EqualTo(new[] { (ProblemSeverity.Warning, "CertificateExpired") }));
        Assert.That(plan.IsComplete, Is.True);
    }

    // What pods are given must be what the program takes. What Kubernetes fills in is filled in here.
    [TestCase("minimal.yaml")]
    [TestCase("production.yaml")]
    public void The_environment_of_the_pods_is_a_good_configuration(string example)
    {
        using var files = new TemporaryFolder();
        var (certificate, key) = Certificates.Create();
        File.WriteAllText(files.PathOf("tls.crt"), certificate);
        File.WriteAllText(files.PathOf("tls.key"), key);
        foreach (var deployment in ObjectsOf(Repository.Read("k8s", "examples", example), ProductionSecrets()).Where(item => item["kind"]!.GetValue<string>() == "Deployment"))
        {
            var environment = deployment["spec"]!["template"]!["spec"]!["containers"]![0]!["env"]!.AsArray().ToDictionary(
                item => item!["name"]!.GetValue<string>(),
                item => (string?)(item!["value"]?.GetValue<string>().Replace(Names.CertificatePath, files.Path, StringComparison.Ordinal)
                    ?? (item["valueFrom"]!["fieldRef"]?["fieldPath"]?.GetValue<string>() == "status.podIP" ? "10.1.2.3" : "filled-in")));
            var settings = FrontierSettings.Load(new ConfigurationInputs { Environment = environment });
            Assert.That(settings.Audit.Describe(), Is.Empty, "every key has an effect");
            var redis = settings.Get<RedisOptions>();
            Assert.That(redis.Standalone.Addr, Is.EqualTo(example == "minimal.yaml" ? "redis:6379" : "redis-master:6379"));
            Assert.That(settings.Get<ClusteringOptions>().SiloPort, Is.EqualTo(11111));
        }
    }

    private const string TlsSpec = """
        frontier: { edgebound: { tls: { enabled: true, certificateKeySecretRef: { name: edge-tls } } } }
        frontlas: { redis: { addrs: [a] } }
        """;

    private static Dictionary<string, V1Secret> ProductionSecrets()
    {
        var (certificate, key) = Certificates.Create();
        return new Dictionary<string, V1Secret>
        {
            ["edge-tls"] = Secret(("tls.crt", certificate), ("tls.key", key)),
            ["redis"] = Secret(("password", "secret")),
        };
    }

    private static V1Secret Secret(params (string Key, string Value)[] data) =>
        new() { Data = data.ToDictionary(item => item.Key, item => Encoding.UTF8.GetBytes(item.Value)) };

    private static V1Secret? CopyOf(params (string Key, string Value)[] data) =>
        Create(TlsSpec, new Dictionary<string, V1Secret> { ["edge-tls"] = Secret(data) }).Objects
            .Where(item => item.Type == ResourceType.Secrets)
            .Select(item => new KubeObject(item.Json).As<V1Secret>())
            .SingleOrDefault();

    private static string Text() => string.Concat(Create("frontier: {}\nfrontlas: { redis: { addrs: [a], password: p } }").Objects.Select(item => item.Json.ToJsonString()));

    // Contents of Secrets differ from run to run.
    private static IEnumerable<JsonObject> ObjectsOf(string yaml, Dictionary<string, V1Secret> secrets)
    {
        foreach (var item in Create(Yaml.Read(yaml), secrets).Objects)
        {
            Assert.That(() => Yaml.ReadStrictly(item.Json), item.Type == ResourceType.ServiceMonitors ? Throws.Exception : Throws.Nothing);
            if (item.Type == ResourceType.Secrets)
            {
                foreach (var key in item.Json["data"]!.AsObject().Select(member => member.Key).ToList())
                {
                    item.Json["data"]![key] = "CONTENT";
                }
            }

            yield return item.Json;
        }
    }

    private static Plan Create(string spec, Dictionary<string, V1Secret>? secrets = null) => Create(
        new JsonObject
        {
            ["apiVersion"] = "frontier.singchia.io/v1alpha1",
            ["kind"] = "FrontierCluster",
            ["metadata"] = new JsonObject { ["name"] = "demo" },
            ["spec"] = Yaml.Read(spec),
        },
        secrets ?? []);

    private static Plan Create(JsonObject json, Dictionary<string, V1Secret> secrets)
    {
        var cluster = KubernetesJson.Deserialize<FrontierCluster>(json);
        cluster.Metadata.NamespaceProperty = "default";
        cluster.Metadata.Uid = "2b1c";
        return Planner.Create(
            cluster,
            new Surroundings { FindSecret = secrets.GetValueOrDefault, HasServiceMonitors = true, Now = DateTimeOffset.UtcNow },
            Defaults);
    }
}

using System.Text.Json.Nodes;
using Frontier.Operator.Tests.Support;
using Frontier.Operator.Tests.Support.ApiServer;

namespace Frontier.Operator.Tests.Chart;

/// <summary>What the chart and the raw manifests give is what Kubernetes takes.</summary>
internal sealed class ChartTests
{
    private const string Everything = """
        fullnameOverride: shop
        imagePullSecrets: [{ name: registry }]
        operator: { replicas: 2, watchNamespace: edge }
        serviceAccount: { annotations: { a: b } }
        cluster: { enabled: true }
        replicaCount: 3
        frontlas: { replicaCount: 2, resources: { requests: { cpu: 200m } }, env: [{ name: mqm__nats__enable, value: "true" }] }
        env: [{ name: drain__rate, value: "500" }]
        redis: { addrs: ["r1:26379", "r2:26379"], redisType: sentinel, masterName: main, user: me, passwordSecret: { name: redis, key: pass } }
        service: { edgebound: { type: LoadBalancer, annotations: { x/y: "1" } }, servicebound: { annotations: { p: q } }, frontlas: { annotations: { r: s } } }
        tls: { enabled: true, mtls: true, certificateSecret: tls, caSecret: ca }
        podAnnotations: { team: blue }
        podSecurityContext: { runAsUser: 1000 }
        securityContext: { readOnlyRootFilesystem: true }
        resources: { limits: { memory: 2Gi } }
        nodeSelector: { pool: edge }
        tolerations: [{ key: edge, operator: Exists }]
        affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } }
        autoscaling: { enabled: true, targetConnections: 20000 }
        networkPolicy: { enabled: true }
        serviceMonitor: { enabled: true, labels: { release: prometheus } }
        """;

    private readonly CustomSchema _schema = new(Repository.Read("k8s", "crd", "frontierclusters.frontier.singchia.io.yaml"));

    [TestCase("")]
    [TestCase("operator: { enabled: false }")]
    [TestCase("serviceAccount: { create: false, name: mine }")]
    [TestCase("cluster: { enabled: true }\nredis: { addrs: [\"redis:6379\"] }")]
    [TestCase(Everything)]
    public void Everything_rendered_is_an_object_Kubernetes_knows(string values)
    {
        var (objects, notes) = HelmChart.Render("edge", values);
        foreach (var item in objects)
        {
            Assert.That(() => Yaml.ReadStrictly(item), Throws.Nothing, item.ToJsonString());
            if (item["kind"]!.GetValue<string>() == "FrontierCluster")
            {
                var before = item.DeepClone();
                Assert.That(_schema.Admit(item), Is.Empty);
                Assert.That(Members(before), Is.SubsetOf(Members(item)), "the schema drops nothing");
            }
        }

        Assert.That(notes, Does.Contain(values.Contains("cluster:", StringComparison.Ordinal) ? "get fc" : "no cluster yet").Or.Contain("FrontierCluster"));
    }

    [Test]
    public void All_values_reach_the_cluster()
    {
        var cluster = HelmChart.Render("edge", Everything).Objects.Single(item => item["kind"]!.GetValue<string>() == "FrontierCluster");
        Assert.That(Yaml.Write(cluster), Is.EqualTo(Expected("chart-cluster.yaml", Yaml.Write(cluster))));
    }

    [Test]
    public void Names_follow_the_release()
    {
        Assert.That(Names("frontier"), Does.Contain("Deployment frontier-operator").And.Contain("ClusterRole frontier-operator"));
        Assert.That(Names("edge"), Does.Contain("Deployment edge-frontier-operator"));

        static IEnumerable<string> Names(string release) => HelmChart.Render(release, "").Objects.Select(item => $"{item["kind"]} {item["metadata"]!["name"]}");
    }

    [TestCase("replicaCount: many", "replicaCount must be of type integer")]
    [TestCase("replicas: 3", "has no replicas")]
    [TestCase("service: { edgebound: { type: Balancer } }", "service.edgebound.type must be one of")]
    [TestCase("cluster: { enabled: true }", "cluster.enabled needs redis.addrs")]
    [TestCase("cluster: { enabled: true }\nredis: { addrs: [a] }\ntls: { enabled: true }", "tls.enabled needs tls.certificateSecret")]
    [TestCase("cluster: { enabled: true }\nredis: { addrs: [a] }\ntls: { enabled: true, certificateSecret: a, mtls: true }", "tls.mtls needs tls.caSecret")]
    public void Values_that_cannot_work_are_refused_with_words(string values, string message) =>
        Assert.That(() => HelmChart.Render("edge", values), Throws.InvalidOperationException.With.Message.Contains(message));

    [Test]
    public void The_values_schema_knows_every_default_and_nothing_else()
    {
        Compare(HelmChart.DefaultValues, HelmChart.Schema, "");

        static void Compare(JsonObject values, JsonObject schema, string path)
        {
            if (schema["properties"] is not JsonObject properties)
            {
                return;
            }

            var optional = path == ".redis.passwordSecret" ? properties.Select(property => property.Key) : [];
            Assert.That(values.Select(value => value.Key).Union(optional), Is.EquivalentTo(properties.Select(property => property.Key)), path);
            foreach (var (name, value) in values)
            {
                if (value is JsonObject inner)
                {
                    Compare(inner, properties[name]!.AsObject(), $"{path}.{name}");
                }
            }
        }
    }

    [Test]
    public void The_manifests_are_objects_Kubernetes_knows_and_all_are_listed()
    {
        var folder = Repository.PathOf("k8s", "manifests");
        var listed = Yaml.Read(Repository.Read("k8s", "manifests", "kustomization.yaml"))["resources"]!.AsArray().Select(item => item!.GetValue<string>()).ToList();
        Assert.That(
            listed.Where(item => item != "../crd"),
            Is.EquivalentTo(Directory.GetFiles(folder).Select(file => Path.GetFileName(file)!).Where(file => file != "kustomization.yaml")));
        foreach (var item in listed.Where(item => item != "../crd").SelectMany(file => Yaml.ReadAll(Repository.Read("k8s", "manifests", file))))
        {
            Assert.That(() => Yaml.ReadStrictly(item), Throws.Nothing, item.ToJsonString());
        }
    }

    [Test]
    public void The_chart_and_the_manifests_give_the_operator_the_same_rights_and_pod()
    {
        var chart = HelmChart.Render("frontier", "").Objects;
        var manifests = Yaml.ReadAll(Repository.Read("k8s", "manifests", "rbac.yaml"));
        foreach (var kind in new[] { "ClusterRole", "Role" })
        {
            Assert.That(Find(chart, kind)["rules"]!.ToJsonString(), Is.EqualTo(Find(manifests, kind)["rules"]!.ToJsonString()), kind);
        }

        var pods = new[] { Find(chart, "Deployment"), Yaml.Read(Repository.Read("k8s", "manifests", "deployment.yaml")) }.Select(deployment =>
        {
            var pod = deployment["spec"]!["template"]!["spec"]!.DeepClone();
            foreach (var own in new[] { "args", "image", "imagePullPolicy" })
            {
                pod["containers"]![0]!.AsObject().Remove(own);
            }

            return pod.ToJsonString();
        }).ToList();
        Assert.That(pods[0], Is.EqualTo(pods[1]));

        static JsonObject Find(List<JsonObject> objects, string kind) => objects.Single(item => item["kind"]!.GetValue<string>() == kind);
    }

    [TestCase("minimal.yaml")]
    [TestCase("production.yaml")]
    public void The_examples_are_taken_as_they_stand(string file)
    {
        var cluster = Yaml.Read(Repository.Read("k8s", "examples", file));
        var before = cluster.DeepClone();
        Assert.That(_schema.Admit(cluster), Is.Empty);
        Assert.That(Members(before), Is.SubsetOf(Members(cluster)), "nothing in it is unknown");
    }

    private static IEnumerable<string> Members(JsonNode? node, string path = "") => node switch
    {
        JsonObject json => json.SelectMany(member => Members(member.Value, $"{path}.{member.Key}").Prepend($"{path}.{member.Key}")),
        JsonArray list => list.SelectMany((item, i) => Members(item, $"{path}[{i}]")),
        _ => [],
    };

    private static string Expected(string file, string actual)
    {
        var path = Repository.PathOf("test", "Operator", "Golden", file);
        if (Environment.GetEnvironmentVariable("FRONTIER_WRITE_GOLDEN") == "1")
        {
            File.WriteAllText(path, actual);
        }

        return File.ReadAllText(path).ReplaceLineEndings("\n");
    }
}

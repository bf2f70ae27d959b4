using System.Text.Json.Nodes;
using Frontier.Operator.Crd;
using Frontier.Operator.Tests.Support;
using Frontier.Operator.Tests.Support.ApiServer;
using k8s;
using k8s.Models;

namespace Frontier.Operator.Tests.Crd;

/// <summary>The CRD is what the C# types say, takes what the original took, and refuses what cannot work.</summary>
internal sealed class CustomResourceDefinitionTests
{
    private const string File = "frontierclusters.frontier.singchia.io.yaml";

    // What the original's documentation and its own serialiser produce, empty members included.
    private const string Existing = """
        apiVersion: frontier.singchia.io/v1alpha1
        kind: FrontierCluster
        metadata:
          labels:
            app.kubernetes.io/name: frontiercluster
            app.kubernetes.io/managed-by: kustomize
          name: frontiercluster
          namespace: default
        spec:
          frontier:
            replicas: 2
            servicebound:
              port: 30011
            edgebound:
              port: 30012
              tls:
                enabled: false
                optional: false
                mtls: false
                certificateKeySecretRef: {}
            nodeAffinity: {}
            image: singchia/frontier:1.1.0
            pod:
              lifecycle: { preStop: { exec: { command: ["/bin/sh", "-c", "sleep 10"] } } }
              livenessProbe: { tcpSocket: { port: 30012 }, periodSeconds: 20 }
              resources: { requests: { cpu: 2, memory: 256Mi } }
              topologySpreadConstraints: [{ maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule }]
          frontlas:
            replicas: 1
            controlplane:
              port: 40011
            nodeAffinity: {}
            image: singchia/frontlas:1.1.0
            redis:
              addrs:
                - rfs-redisfailover:26379
              password: your-password
              masterName: mymaster
              redisType: sentinel
        """;

    private readonly CustomSchema _schema = new(Repository.Read("k8s", "crd", File));

    [Test]
    public void The_file_is_what_the_types_say() =>
        Assert.That(Repository.Read("k8s", "crd", File), Is.EqualTo(CustomResourceDefinition.ToYaml()), $"frontier-operator crd > k8s/crd/{File}");

    [Test]
    public void The_chart_brings_the_same_file() =>
        Assert.That(Repository.Read("k8s", "helm", "frontier", "crds", File), Is.EqualTo(Repository.Read("k8s", "crd", File)));

    [Test]
    public void The_schema_is_structural()
    {
        var definition = Yaml.Read(Repository.Read("k8s", "crd", File));
        Assert.That(() => Yaml.ReadStrictly(definition), Throws.Nothing);
        var problems = new List<string>();
        CheckStructural(definition["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!.AsObject(), "", problems);
        Assert.That(problems, Is.Empty);
    }

    [Test]
    public void Every_member_of_our_own_is_described()
    {
        var spec = CustomResourceDefinition.Create().Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"];
        var silent = spec.Properties.SelectMany(part => part.Value.Properties.Select(member => (Name: $"{part.Key}.{member.Key}", member.Value)))
            .Where(member => string.IsNullOrEmpty(member.Value.Description))
            .Select(member => member.Name);
        Assert.That(silent, Is.Empty);
    }

    [Test]
    public void Names_columns_and_the_status_subresource_are_those_users_know()
    {
        var definition = KubernetesYaml.Deserialize<V1CustomResourceDefinition>(Repository.Read("k8s", "crd", File), strict: true);
        Assert.That(definition.Spec.Group, Is.EqualTo("frontier.singchia.io"));
        Assert.That(definition.Spec.Names.ShortNames, Is.EqualTo(new[] { "fc", "fcs" }));
        Assert.That(definition.Spec.Scope, Is.EqualTo("Namespaced"));
        Assert.That(definition.Spec.Versions[0].Name, Is.EqualTo("v1alpha1"));
        Assert.That(definition.Spec.Versions[0].Subresources.Status, Is.Not.Null);
        Assert.That(definition.Spec.Versions[0].AdditionalPrinterColumns.Select(column => column.Name), Is.SupersetOf(new[] { "Phase", "Gateways", "Silos", "Age" }));
    }

    [Test]
    public void A_resource_of_the_original_is_taken_unchanged()
    {
        var resource = Yaml.Read(Existing);
        Assert.That(_schema.Admit(resource), Is.Empty);
        var before = Yaml.Read(Existing);
        before["spec"]!["frontier"]!["servicebound"]!["serviceType"] = "ClusterIP";
        before["spec"]!["frontier"]!["edgebound"]!["serviceType"] = "NodePort";
        before["spec"]!["frontlas"]!["controlplane"]!["serviceType"] = "ClusterIP";
        before["spec"]!["frontlas"]!["controlplane"]!["frontierPlanePort"] = 40012;
        before["spec"]!["frontlas"]!["redis"]!["db"] = 0;
        Assert.That(JsonNode.DeepEquals(resource, before), Is.True, $"only defaults are added, and nothing is dropped: {resource}");
    }

    [TestCase("frontier: { replicas: -1 }", "greater than or equal to 0")]
    [TestCase("frontier: { servicebound: { port: 70000 } }", "less than or equal to 65535")]
    [TestCase("frontier: { servicebound: { port: 30012 }, edgebound: {} }", "different ports")]
    [TestCase("frontier: { edgebound: { serviceType: Balancer } }", "Unsupported value")]
    [TestCase("frontier: { edgebound: { tls: { enabled: true } } }", "tls needs certificateKeySecretRef")]
    [TestCase("frontier: { edgebound: { tls: { enabled: true, mtls: true, certificateKeySecretRef: { name: a } } } }", "mtls needs caCertificateSecretRef")]
    [TestCase("frontier: { autoscaling: { minReplicas: 5, maxReplicas: 2, targetConnections: 9 } }", "must not be larger")]
    [TestCase("frontier: { autoscaling: { maxReplicas: 2 } }", "targetCPUUtilizationPercentage, targetConnections, or both")]
    [TestCase("frontlas: { redis: { addrs: [] } }", "at least 1 items")]
    [TestCase("frontlas: { redis: { addrs: [a], redisType: sentinel } }", "redisType sentinel needs masterName")]
    [TestCase("frontlas: {}", "Required value: redis")]
    [TestCase("monitoring: { serviceMonitor: true, interval: often }", "should match")]
    public void What_cannot_work_is_refused_with_words(string spec, string message)
    {
        var resource = Yaml.Read("""
            apiVersion: frontier.singchia.io/v1alpha1
            kind: FrontierCluster
            metadata: { name: demo }
            spec: { frontier: {}, frontlas: { redis: { addrs: ["redis:6379"] } } }
            """);
        foreach (var (name, value) in Yaml.Read(spec))
        {
            resource["spec"]![name] = value?.DeepClone();
        }

        Assert.That(_schema.Admit(resource), Has.Some.Contains(message));
    }

    // The rules of https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
    private static void CheckStructural(JsonObject schema, string path, List<string> problems)
    {
        if (schema["type"] is null && schema["x-kubernetes-int-or-string"] is null)
        {
            problems.Add($"{path}: no type");
        }

        if (schema["properties"] is not null && schema["additionalProperties"] is not null)
        {
            problems.Add($"{path}: properties beside additionalProperties");
        }

        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
        {
            CheckStructural(property!.AsObject(), $"{path}.{name}", problems);
        }

        foreach (var nested in new[] { "items", "additionalProperties" })
        {
            if (schema[nested] is JsonObject inner)
            {
                CheckStructural(inner, $"{path}.{nested}", problems);
            }
        }
    }
}

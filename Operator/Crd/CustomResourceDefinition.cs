using Frontier.Operator.Api;
using k8s;
using k8s.Models;

namespace Frontier.Operator.Crd;

/// <summary>The CustomResourceDefinition of <see cref="FrontierCluster"/>, made from its types: what <c>frontier-operator crd</c> prints.</summary>
internal static class CustomResourceDefinition
{
    /// <summary>The definition.</summary>
    public static V1CustomResourceDefinition Create() => new()
    {
        ApiVersion = "apiextensions.k8s.io/v1",
        Kind = "CustomResourceDefinition",
        Metadata = new V1ObjectMeta { Name = $"{FrontierCluster.Plural}.{FrontierCluster.Group}" },
        Spec = new V1CustomResourceDefinitionSpec
        {
            Group = FrontierCluster.Group,
            Scope = "Namespaced",
            Names = new V1CustomResourceDefinitionNames
            {
                Kind = FrontierCluster.KindName,
                ListKind = $"{FrontierCluster.KindName}List",
                Plural = FrontierCluster.Plural,
                Singular = "frontiercluster",
                ShortNames = ["fc", "fcs"],
            },
            Versions =
            [
                new V1CustomResourceDefinitionVersion
                {
                    Name = FrontierCluster.Version,
                    Served = true,
                    Storage = true,
                    Subresources = new V1CustomResourceSubresources { Status = new object() },
                    AdditionalPrinterColumns =
                    [
                        Column("Phase", "string", ".status.phase", "One word for how it is"),
                        Column("Gateways", "integer", ".status.frontierReadyReplicas", "Gateway pods that are ready"),
                        Column("Wanted", "integer", ".spec.frontier.replicas", "Gateway pods that the spec asks for", priority: 1),
                        Column("Silos", "integer", ".status.frontlasReadyReplicas", "Silo pods that are ready"),
                        Column("TLS", "boolean", ".spec.frontier.edgebound.tls.enabled", "Whether edges speak TLS", priority: 1),
                        Column("Age", "date", ".metadata.creationTimestamp", "How long it has existed"),
                        Column("Message", "string", ".status.message", "Why the phase is what it is", priority: 1),
                    ],
                    Schema = new V1CustomResourceValidation { OpenAPIV3Schema = Schema() },
                },
            ],
        },
    };

    /// <summary>The definition as the file <c>k8s/crd</c> holds it.</summary>
    public static string ToYaml() => KubernetesYaml.Serialize(Create()).ReplaceLineEndings("\n").TrimEnd() + "\n";

    private static V1JSONSchemaProps Schema() => new()
    {
        Description = "One Frontier: gateway pods that edges and services connect to, and silo pods beside them.",
        Type = "object",
        Required = ["spec"],
        Properties = new Dictionary<string, V1JSONSchemaProps>
        {
            ["apiVersion"] = new() { Type = "string" },
            ["kind"] = new() { Type = "string" },
            ["metadata"] = new() { Type = "object" },
            ["spec"] = SchemaGenerator.Of(typeof(FrontierClusterSpec)),
            ["status"] = SchemaGenerator.Of(typeof(FrontierClusterStatus)),
        },
    };

    private static V1CustomResourceColumnDefinition Column(string name, string type, string path, string description, int? priority = null) =>
        new() { Name = name, Type = type, JsonPath = path, Description = description, Priority = priority };
}

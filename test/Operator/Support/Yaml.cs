using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s.Models;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using YamlDotNet.Serialization;

namespace Frontier.Operator.Tests.Support;

/// <summary>YAML as JSON and back, and the strict reading of Kubernetes objects that KubernetesClient's models allow: a member they do not know is an error.</summary>
internal static class Yaml
{
    private static readonly JsonSerializerOptions Strict = new() { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    // What charts and manifests here are made of.
    private static readonly Dictionary<string, Type> Models = new()
    {
        ["v1/Service"] = typeof(V1Service),
        ["v1/Secret"] = typeof(V1Secret),
        ["v1/ConfigMap"] = typeof(V1ConfigMap),
        ["v1/Event"] = typeof(Corev1Event),
        ["v1/Namespace"] = typeof(V1Namespace),
        ["v1/ServiceAccount"] = typeof(V1ServiceAccount),
        ["apps/v1/Deployment"] = typeof(V1Deployment),
        ["policy/v1/PodDisruptionBudget"] = typeof(V1PodDisruptionBudget),
        ["autoscaling/v2/HorizontalPodAutoscaler"] = typeof(V2HorizontalPodAutoscaler),
        ["networking.k8s.io/v1/NetworkPolicy"] = typeof(V1NetworkPolicy),
        ["rbac.authorization.k8s.io/v1/Role"] = typeof(V1Role),
        ["rbac.authorization.k8s.io/v1/RoleBinding"] = typeof(V1RoleBinding),
        ["rbac.authorization.k8s.io/v1/ClusterRole"] = typeof(V1ClusterRole),
        ["rbac.authorization.k8s.io/v1/ClusterRoleBinding"] = typeof(V1ClusterRoleBinding),
        ["coordination.k8s.io/v1/Lease"] = typeof(V1Lease),
        ["apiextensions.k8s.io/v1/CustomResourceDefinition"] = typeof(V1CustomResourceDefinition),
        ["frontier.singchia.io/v1alpha1/FrontierCluster"] = typeof(Api.FrontierCluster),
    };

    /// <summary>All documents of a text; empty ones are left out.</summary>
    public static List<JsonObject> ReadAll(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        // Through text, so that numbers convert as those of a request do.
        return
        [
            .. stream.Documents.Select(document => ToJson(document.RootNode)).OfType<JsonObject>().Where(document => document.Count > 0)
                .Select(document => JsonNode.Parse(document.ToJsonString())!.AsObject()),
        ];
    }

    public static JsonObject Read(string text) => ReadAll(text).Single();

    /// <summary>An object as the model of its kind.</summary>
    /// <exception cref="JsonException">It has a member that its kind does not have, or one of the wrong type.</exception>
    public static object ReadStrictly(JsonObject json)
    {
        var kind = $"{json["apiVersion"]}/{json["kind"]}";
        return Models.TryGetValue(kind, out var model)
            ? json.Deserialize(model, Strict)!
            : throw new JsonException($"{kind} is not among the kinds that are known here.");
    }

    public static string Write(JsonNode node) => new SerializerBuilder()
        .WithQuotingNecessaryStrings()
        .Build()
        .Serialize(ToPlain(node)!)
        .ReplaceLineEndings("\n");

    private static JsonNode? ToJson(YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode map:
                var json = new JsonObject();
                foreach (var (key, value) in map.Children)
                {
                    json.Add(((YamlScalarNode)key).Value!, ToJson(value));
                }

                return json;
            case YamlSequenceNode list:
                return new JsonArray([.. list.Children.Select(ToJson)]);
            case YamlScalarNode scalar:
                return ToJson(scalar);
            default:
                throw new YamlException($"{node.GetType().Name} has no JSON.");
        }
    }

    // The core schema of YAML 1.2, and the words of 1.1 that Kubernetes' own parser still takes for booleans are refused: they must be quoted.
    private static JsonValue? ToJson(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style is not ScalarStyle.Plain)
        {
            return JsonValue.Create(text);
        }

        return text switch
        {
            "" or "~" or "null" => null,
            "true" => JsonValue.Create(true),
            "false" => JsonValue.Create(false),
            "yes" or "no" or "on" or "off" or "y" or "n" => throw new YamlException($"\"{text}\" is a boolean to some parsers; quote it."),
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
            _ when text.Any(char.IsAsciiDigit) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) => JsonValue.Create(real),
            _ => JsonValue.Create(text),
        };
    }

    private static object? ToPlain(JsonNode? node) => node switch
    {
        null => null,
        JsonObject json => json.ToDictionary(member => member.Key, member => ToPlain(member.Value)),
        JsonArray list => list.Select(ToPlain).ToList(),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>(),
        JsonValue value => long.TryParse(value.ToJsonString(), out var whole) ? whole : double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException(),
    };
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Frontier.Operator.Kube;

namespace Frontier.Operator.Desired;

/// <summary>
/// Tells whether an object is as it should be, so that nothing is written that changes nothing. Of the object only what the operator wants is compared: the
/// API server adds defaults, and others may add members of their own. A digest of what was last applied shows when a member is no longer wanted.
/// </summary>
internal static class Applied
{
    // Lists in which the API server tells items apart by these members (x-kubernetes-list-map-keys); others are compared as a whole.
    private static readonly Dictionary<string, string[]> ListKeys = new()
    {
        ["containers"] = ["name"],
        ["env"] = ["name"],
        ["volumes"] = ["name"],
        ["imagePullSecrets"] = ["name"],
        ["volumeMounts"] = ["mountPath"],
        ["ownerReferences"] = ["uid"],
        ["topologySpreadConstraints"] = ["topologyKey", "whenUnsatisfiable"],
        ["conditions"] = ["type"],
        ["ports"] = ["containerPort", "port", "protocol"],
    };

    // Members whose own members are the user's, by names that he chooses.
    private static readonly HashSet<string> Maps = ["annotations", "labels", "nodeSelector", "matchLabels", "selector", "data", "requests", "limits"];

    /// <summary>Whether a member is a map: of user's names to values, all of which the API server keeps, and which it leaves out when it is empty.</summary>
    public static bool IsMap(string name) => Maps.Contains(name);

    /// <summary>Writes the digest into an object that is going to be applied.</summary>
    public static void Mark(JsonObject json)
    {
        var metadata = json["metadata"]!.AsObject();
        var annotations = metadata["annotations"] as JsonObject;
        if (annotations is null)
        {
            metadata["annotations"] = annotations = [];
        }

        annotations[Names.AppliedAnnotation] = DigestOf(json);
    }

    /// <summary>Whether an object has to be written.</summary>
    /// <param name="desired">What the operator wants, with its digest.</param>
    /// <param name="observed">What there is; null for nothing.</param>
    public static bool Differs(JsonObject desired, KubeObject? observed) =>
        observed is null
        || observed.Annotation(Names.AppliedAnnotation) != new KubeObject(desired).Annotation(Names.AppliedAnnotation)
        || !Holds(desired, observed.Json, "");

    private static bool Holds(JsonNode? desired, JsonNode? observed, string name) => (desired, observed) switch
    {
        (JsonObject wanted, JsonObject found) => wanted.All(member =>
            // Go leaves out an empty text of a struct, and never a value of a map.
            (found[member.Key] is null && !IsMap(name) && IsEmptyText(member.Value)) || Holds(member.Value, found[member.Key], member.Key)),
        (JsonArray wanted, JsonArray found) => ListKeys.TryGetValue(name, out var keys) && wanted.All(item => item is JsonObject)
            ? wanted.All(item => found.Any(candidate => IsSameItem(item!, candidate, keys) && Holds(item, candidate, "")))
            : wanted.Count == found.Count && wanted.Zip(found).All(pair => Holds(pair.First, pair.Second, "")),
        _ => JsonNode.DeepEquals(desired, observed),
    };

    private static bool IsEmptyText(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) && text.Length == 0;

    private static bool IsSameItem(JsonNode wanted, JsonNode? candidate, string[] keys) =>
        candidate is JsonObject && keys.All(key => wanted[key] is null || JsonNode.DeepEquals(wanted[key], candidate[key]));

    // The contents of Secrets are left out: a digest that everybody may see must not help to guess a password. A changed value is seen by comparing.
    private static string DigestOf(JsonObject json)
    {
        var copy = json.DeepClone().AsObject();
        if (copy["kind"]?.GetValue<string>() == ResourceType.Secrets.Kind && copy["data"] is JsonObject data)
        {
            foreach (var key in data.Select(member => member.Key).ToList())
            {
                data[key] = "";
            }
        }

        // Always there, so never missed; and an autoscaler's number must not look like a wish of our own.
        (copy["spec"] as JsonObject)?.Remove("replicas");

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(copy.ToJsonString())).AsSpan(0, 8));
    }
}

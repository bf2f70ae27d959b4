using System.Text.Json.Nodes;

namespace Frontier.Operator.Tests.Support.ApiServer;

/// <summary>
/// Where in an object something stands, in the notation of <c>managedFields</c>: <c>f:name</c> for a member, <c>k:{…}</c> for an item of a list by its keys.
/// </summary>
internal static class FieldPath
{
    // Lists whose items have keys; all others are replaced as a whole, as in the schemas of Kubernetes.
    private static readonly Dictionary<string, string[]> ListKeys = new()
    {
        ["f:containers"] = ["name"],
        ["f:initContainers"] = ["name"],
        ["f:env"] = ["name"],
        ["f:volumes"] = ["name"],
        ["f:imagePullSecrets"] = ["name"],
        ["f:volumeMounts"] = ["mountPath"],
        ["f:ownerReferences"] = ["uid"],
        ["f:conditions"] = ["type"],
        ["f:topologySpreadConstraints"] = ["topologyKey", "whenUnsatisfiable"],
    };

    private static readonly Dictionary<string, JsonNode> KeyDefaults = new() { ["protocol"] = "TCP" };

    /// <summary>The keys of a list's items; null for a list that is replaced as a whole.</summary>
    public static string[]? KeysOf(IReadOnlyList<string> path, JsonArray list)
    {
        if (path[^1] == "f:ports" && list.All(item => item is JsonObject))
        {
            // Containers and Services have keys for their ports, NetworkPolicies do not.
            return path.Contains("f:ingress") ? null
                : list.Any(item => item!["containerPort"] is not null) ? ["containerPort", "protocol"] : ["port", "protocol"];
        }

        return ListKeys.GetValueOrDefault(path[^1]);
    }

    public static string ItemOf(JsonNode item, string[] keys)
    {
        var key = new JsonObject();
        foreach (var name in keys)
        {
            key[name] = (item[name] ?? KeyDefaults.GetValueOrDefault(name))?.DeepClone();
        }

        return $"k:{key.ToJsonString()}";
    }

    /// <summary>The places of all values in an object.</summary>
    public static HashSet<string> LeavesOf(JsonObject json)
    {
        var leaves = new HashSet<string>();
        foreach (var (name, value) in json)
        {
            if (name is not ("apiVersion" or "kind"))
            {
                Collect([$"f:{name}"], value, leaves);
            }
        }

        leaves.RemoveWhere(leaf => leaf is "f:metadata\nf:name" or "f:metadata\nf:namespace" or "f:metadata\nf:resourceVersion" or "f:metadata\nf:uid"
            or "f:metadata\nf:managedFields" or "f:metadata\nf:generation" or "f:metadata\nf:creationTimestamp");
        return leaves;
    }

    public static string Join(IEnumerable<string> path) => string.Join('\n', path);

    public static string[] Split(string path) => path.Split('\n');

    /// <summary>The value at a place; null when there is none.</summary>
    public static JsonNode? Find(JsonObject root, string path) => Find(root, Split(path));

    public static JsonNode? Find(JsonNode root, IReadOnlyList<string> path)
    {
        JsonNode? node = root;
        for (var i = 0; i < path.Count && node is not null; i++)
        {
            node = Step(node, path, i);
        }

        return node;
    }

    /// <summary>Takes a value out, and what is empty without it.</summary>
    public static void Remove(JsonObject root, string path)
    {
        var parts = Split(path);
        if (parts[^1] == ".")
        {
            parts = parts[..^1];
        }

        var parent = Find(root, parts[..^1]);
        switch (parent)
        {
            case JsonObject owner:
                owner.Remove(parts[^1][2..]);
                break;
            case JsonArray list when Step(list, parts, parts.Length - 1) is { } item:
                list.Remove(item);
                break;
        }

        // Lists and maps that this manager alone had filled go with their last value.
        if (parent is JsonArray { Count: 0 } or JsonObject { Count: 0 } && parts.Length > 2)
        {
            Remove(root, Join(parts[..^1]));
        }
    }

    private static void Collect(string[] path, JsonNode? value, HashSet<string> leaves)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 } json:
                foreach (var (name, member) in json)
                {
                    Collect([.. path, $"f:{name}"], member, leaves);
                }

                break;
            case JsonArray list when KeysOf(path, list) is { } keys:
                foreach (var item in list)
                {
                    string[] at = [.. path, ItemOf(item!, keys)];
                    leaves.Add(Join([.. at, "."]));
                    foreach (var (name, member) in item!.AsObject())
                    {
                        Collect([.. at, $"f:{name}"], member, leaves);
                    }
                }

                break;
            default:
                leaves.Add(Join(path));
                break;
        }
    }

    private static JsonNode? Step(JsonNode node, IReadOnlyList<string> path, int at) => path[at] switch
    {
        "." => node,
        var part when part.StartsWith("f:", StringComparison.Ordinal) => (node as JsonObject)?[part[2..]],
        var part => (node as JsonArray)?.FirstOrDefault(item => ItemOf(item!, KeysIn(part)) == part),
    };

    private static string[] KeysIn(string item) => [.. JsonNode.Parse(item[2..])!.AsObject().Select(member => member.Key)];
}

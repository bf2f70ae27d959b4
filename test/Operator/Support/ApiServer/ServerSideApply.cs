using System.Text.Json.Nodes;

namespace Frontier.Operator.Tests.Support.ApiServer;

/// <summary>
/// Server-side apply: each manager owns the values it applied; a value that somebody else owns is a conflict unless it is forced, and a value that its last
/// owner no longer applies goes away.
/// </summary>
internal static class ServerSideApply
{
    /// <summary>Puts what a manager applies into an object.</summary>
    /// <param name="live">The object, which is changed.</param>
    /// <param name="owners">Who owns what in it; changed as well.</param>
    /// <param name="applied">What is applied.</param>
    /// <param name="manager">By whom.</param>
    /// <param name="force">Whether to take values from their owners.</param>
    /// <returns>The conflicts that stopped it; empty when it was done.</returns>
    public static IReadOnlyList<string> Apply(JsonObject live, Dictionary<string, HashSet<string>> owners, JsonObject applied, string manager, bool force)
    {
        var wanted = FieldPath.LeavesOf(applied);
        var conflicts = new List<string>();
        foreach (var (other, owned) in owners.Where(owner => owner.Key != manager))
        {
            foreach (var path in wanted.Where(owned.Contains))
            {
                if (!path.EndsWith('.') && !JsonNode.DeepEquals(FieldPath.Find(live, path), FieldPath.Find(applied, path)))
                {
                    conflicts.Add($"{other}: {path.Replace('\n', '.')}");
                }
            }
        }

        if (conflicts.Count > 0 && !force)
        {
            return conflicts;
        }

        var before = owners.GetValueOrDefault(manager) ?? [];
        Merge(live, applied, []);
        foreach (var (other, owned) in owners.Where(owner => owner.Key != manager))
        {
            // Shared as long as both want the same.
            owned.RemoveWhere(path => wanted.Contains(path) && conflicts.Contains($"{other}: {path.Replace('\n', '.')}"));
        }

        owners[manager] = wanted;
        // Items as a whole first: without its keys, what is left of one could not be found any more.
        foreach (var path in before.Where(path => !wanted.Contains(path)).OrderByDescending(path => path.EndsWith('.')).ThenByDescending(path => path.Length))
        {
            var isNeeded = owners.Values.Any(owned => owned.Any(other => other == path || other.StartsWith(path.EndsWith('.') ? path[..^1] : path + "\n", StringComparison.Ordinal)));
            if (!isNeeded)
            {
                FieldPath.Remove(live, path);
            }
        }

        return [];
    }

    /// <summary>Notes an update that is not an apply: who changes a value owns it.</summary>
    public static void Update(JsonObject before, JsonObject after, Dictionary<string, HashSet<string>> owners, string manager)
    {
        var changed = FieldPath.LeavesOf(after)
            .Where(path => !JsonNode.DeepEquals(FieldPath.Find(before, path), FieldPath.Find(after, path)))
            .ToHashSet();
        foreach (var owned in owners.Values)
        {
            owned.ExceptWith(changed);
            owned.RemoveWhere(path => FieldPath.Find(after, path) is null);
        }

        owners.TryAdd(manager, []);
        owners[manager].UnionWith(changed);
    }

    /// <summary>The owners as <c>managedFields</c> shows them.</summary>
    public static JsonArray Describe(Dictionary<string, HashSet<string>> owners, string apiVersion)
    {
        var fields = new JsonArray();
        foreach (var (manager, paths) in owners.Where(owner => owner.Value.Count > 0).OrderBy(owner => owner.Key, StringComparer.Ordinal))
        {
            var tree = new JsonObject();
            foreach (var path in paths.Order(StringComparer.Ordinal))
            {
                var node = tree;
                foreach (var part in FieldPath.Split(path))
                {
                    node[part] ??= new JsonObject();
                    node = node[part]!.AsObject();
                }
            }

            fields.Add(new JsonObject
            {
                ["manager"] = manager, ["operation"] = "Apply", ["apiVersion"] = apiVersion, ["fieldsType"] = "FieldsV1", ["fieldsV1"] = tree,
            });
        }

        return fields;
    }

    private static void Merge(JsonObject live, JsonObject applied, string[] path)
    {
        foreach (var (name, value) in applied)
        {
            string[] at = [.. path, $"f:{name}"];
            switch (value)
            {
                case JsonObject { Count: > 0 } json when live[name] is JsonObject known:
                    Merge(known, json, at);
                    break;
                case JsonArray list when live[name] is JsonArray known && FieldPath.KeysOf(at, list) is { } keys:
                    foreach (var item in list)
                    {
                        var key = FieldPath.ItemOf(item!, keys);
                        if (known.FirstOrDefault(candidate => FieldPath.ItemOf(candidate!, keys) == key) is JsonObject same)
                        {
                            Merge(same, item!.AsObject(), [.. at, key]);
                        }
                        else
                        {
                            known.Add(item!.DeepClone());
                        }
                    }

                    break;
                default:
                    live[name] = value?.DeepClone();
                    break;
            }
        }
    }
}

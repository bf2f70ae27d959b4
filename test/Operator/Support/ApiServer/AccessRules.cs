using System.Text.Json.Nodes;

namespace Frontier.Operator.Tests.Support.ApiServer;

/// <summary>The rights that the manifests give the operator: what they do not name is forbidden, as on a real server.</summary>
internal sealed class AccessRules(string manifests)
{
    private readonly List<JsonNode> _rules =
        [.. Yaml.ReadAll(manifests).Where(item => item["kind"]!.GetValue<string>() is "ClusterRole" or "Role").SelectMany(role => role["rules"]!.AsArray().Select(rule => rule!))];

    /// <exception cref="ApiException">The request is forbidden.</exception>
    public void Check(string method, Place place, bool exists)
    {
        if (place.Type is null)
        {
            return; // Everybody may see which kinds there are.
        }

        var verbs = method switch
        {
            "GET" when place.Name is null => ["list"],
            "GET" => ["get"],
            "POST" => ["create"],
            "PUT" => ["update"],
            "PATCH" when !exists => ["patch", "create"],
            _ => new[] { method.ToLowerInvariant() },
        };
        var resource = place.Subresource is null ? place.Type.Plural : $"{place.Type.Plural}/{place.Subresource}";
        foreach (var verb in verbs)
        {
            if (!_rules.Any(rule => Has(rule, "apiGroups", place.Type.Group) && Has(rule, "resources", resource) && Has(rule, "verbs", verb)))
            {
                throw new ApiException(403, "Forbidden", $"cannot {verb} resource \"{resource}\" in API group \"{place.Type.Group}\"");
            }
        }
    }

    private static bool Has(JsonNode rule, string list, string value) => rule[list]!.AsArray().Any(item => item!.GetValue<string>() == value);
}

using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Frontier.Operator.Tests.Support.ApiServer;

/// <summary>A CRD's schema at work: fills in defaults, drops what it does not know, and says what is wrong, CEL rules included.</summary>
internal sealed class CustomSchema
{
    private readonly JsonObject _root;

    public CustomSchema(string yaml) => _root = Yaml.Read(yaml)["spec"]!["versions"]!.AsArray().Single()!["schema"]!["openAPIV3Schema"]!.AsObject();

    /// <summary>Fills in and drops, then checks.</summary>
    public IReadOnlyList<string> Admit(JsonObject json)
    {
        var problems = new List<string>();
        Default(json, _root);
        Prune(json, _root, isRoot: true);
        Check(json, _root, "", problems);
        return problems;
    }

    private static void Default(JsonNode? node, JsonObject schema)
    {
        switch (node)
        {
            case JsonObject json:
                foreach (var (name, property) in PropertiesOf(schema))
                {
                    if (json[name] is null && property["default"] is { } value)
                    {
                        json[name] = value.DeepClone();
                    }

                    Default(json[name], property);
                }

                break;
            case JsonArray list when schema["items"] is JsonObject items:
                foreach (var item in list)
                {
                    Default(item, items);
                }

                break;
        }
    }

    private static void Prune(JsonNode? node, JsonObject schema, bool isRoot = false)
    {
        switch (node)
        {
            case JsonObject json when schema["properties"] is JsonObject properties:
                foreach (var (name, value) in json.ToList())
                {
                    if (properties[name] is JsonObject property)
                    {
                        if (!(isRoot && name == "metadata"))
                        {
                            Prune(value, property);
                        }
                    }
                    else if (schema["additionalProperties"] is null)
                    {
                        json.Remove(name);
                    }
                }

                break;
            case JsonArray list when schema["items"] is JsonObject items:
                foreach (var item in list)
                {
                    Prune(item, items);
                }

                break;
        }
    }

    private static void Check(JsonNode? node, JsonObject schema, string path, List<string> problems)
    {
        if (schema["x-kubernetes-int-or-string"] is not null)
        {
            Expect(
                node is JsonValue && (node.GetValueKind() == JsonValueKind.String || (node.GetValueKind() == JsonValueKind.Number && long.TryParse(node.ToJsonString(), out _))),
                "must be an integer or a string");
            return;
        }

        switch (Text(schema["type"]))
        {
            case "object":
                if (node is not JsonObject json)
                {
                    problems.Add($"{path}: must be an object");
                    return;
                }

                foreach (var required in schema["required"]?.AsArray() ?? [])
                {
                    Expect(json[Text(required)] is not null, $"Required value: {required}");
                }

                foreach (var (name, property) in PropertiesOf(schema))
                {
                    if (json[name] is { } member && name != "metadata")
                    {
                        Check(member, property, $"{path}.{name}", problems);
                    }
                }

                foreach (var rule in schema["x-kubernetes-validations"]?.AsArray() ?? [])
                {
                    Expect(Cel.Holds(Text(rule!["rule"]), json), Text(rule["message"]));
                }

                break;
            case "array":
                if (node is not JsonArray list)
                {
                    problems.Add($"{path}: must be a list");
                    return;
                }

                Expect(schema["minItems"] is not { } fewest || list.Count >= fewest.GetValue<long>(), $"should have at least {schema["minItems"]} items");
                foreach (var item in list)
                {
                    Check(item, schema["items"]!.AsObject(), $"{path}[]", problems);
                }

                break;
            case "string":
                Expect(node?.GetValueKind() == JsonValueKind.String, "must be a string");
                Expect(schema["pattern"] is not { } pattern || Regex.IsMatch(Text(node), Text(pattern)), $"should match {schema["pattern"]}");
                Expect(schema["enum"] is not JsonArray values || values.Any(value => Text(value) == Text(node)), "Unsupported value");
                break;
            case "integer":
                var isWhole = node is JsonValue && node.GetValueKind() == JsonValueKind.Number && long.TryParse(node.ToJsonString(), out _);
                Expect(isWhole, "must be an integer");
                if (isWhole)
                {
                    var number = long.Parse(node!.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);
                    Expect(schema["minimum"] is not { } least || number >= least.GetValue<double>(), $"should be greater than or equal to {schema["minimum"]}");
                    Expect(schema["maximum"] is not { } most || number <= most.GetValue<double>(), $"should be less than or equal to {schema["maximum"]}");
                }

                break;
            case "boolean":
                Expect(node?.GetValueKind() is JsonValueKind.True or JsonValueKind.False, "must be a boolean");
                break;
        }

        static string Text(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : "";

        void Expect(bool holds, string otherwise)
        {
            if (!holds)
            {
                problems.Add($"{path.TrimStart('.')}: {otherwise}");
            }
        }
    }

    private static IEnumerable<(string Name, JsonObject Schema)> PropertiesOf(JsonObject schema) =>
        (schema["properties"] as JsonObject ?? []).Select(property => (property.Key, property.Value!.AsObject()));
}

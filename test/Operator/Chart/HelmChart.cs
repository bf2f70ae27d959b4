using System.Text.Json;
using System.Text.Json.Nodes;
using Frontier.Operator.Tests.Support;

namespace Frontier.Operator.Tests.Chart;

/// <summary>The chart <c>k8s/helm/frontier</c>, rendered as <c>helm template</c> would.</summary>
internal static class HelmChart
{
    private static readonly string Folder = Repository.PathOf("k8s", "helm", "frontier");

    public static JsonObject DefaultValues => Yaml.Read(File.ReadAllText(Path.Combine(Folder, "values.yaml")));

    public static JsonObject Schema => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "values.schema.json")))!.AsObject();

    /// <summary>All objects; and, under its name, the notes.</summary>
    /// <param name="release">The release's name.</param>
    /// <param name="values">What the user gives in place of the defaults, in YAML.</param>
    public static (List<JsonObject> Objects, string Notes) Render(string release, string values)
    {
        var merged = DefaultValues;
        Merge(merged, values.Length > 0 ? Yaml.Read(values) : []);
        var problems = new List<string>();
        Check(merged, Schema, "", problems);
        if (problems.Count > 0)
        {
            throw new InvalidOperationException(string.Join("; ", problems));
        }

        var chart = Yaml.Read(File.ReadAllText(Path.Combine(Folder, "Chart.yaml")));
        var root = new Dictionary<string, object?>
        {
            ["Values"] = ToPlain(merged),
            ["Chart"] = new Dictionary<string, object?>
            {
                ["Name"] = chart["name"]!.GetValue<string>(),
                ["Version"] = chart["version"]!.GetValue<string>(),
                ["AppVersion"] = chart["appVersion"]!.GetValue<string>(),
            },
            ["Release"] = new Dictionary<string, object?> { ["Name"] = release, ["Namespace"] = "edge", ["Service"] = "Helm" },
        };
        var template = new GoTemplate();
        template.Parse(Read("_helpers.tpl"));
        var objects = Directory.GetFiles(Path.Combine(Folder, "templates"), "*.yaml").Order(StringComparer.Ordinal)
            .SelectMany(file => Yaml.ReadAll(template.Render(template.Parse(Read(Path.GetFileName(file))), root)))
            .ToList();
        return (objects, template.Render(template.Parse(Read("NOTES.txt")), root));

        static string Read(string name) => File.ReadAllText(Path.Combine(Folder, "templates", name)).ReplaceLineEndings("\n");
    }

    /// <summary>As much of JSON schema as the chart's uses; anything else is an error.</summary>
    public static void Check(JsonNode? value, JsonObject schema, string path, List<string> problems)
    {
        foreach (var (keyword, rule) in schema)
        {
            switch (keyword)
            {
                case "$schema" or "title":
                    break;
                case "type":
                    Expect(IsOf(value, rule!.GetValue<string>()), $"must be of type {rule}");
                    break;
                case "enum":
                    Expect(rule!.AsArray().Any(allowed => JsonNode.DeepEquals(allowed, value)), $"must be one of {rule!.ToJsonString()}");
                    break;
                case "minimum":
                    Expect(value!.GetValueKind() != JsonValueKind.Number || value.GetValue<long>() >= rule!.GetValue<long>(), $"must be at least {rule}");
                    break;
                case "maximum":
                    Expect(value!.GetValueKind() != JsonValueKind.Number || value.GetValue<long>() <= rule!.GetValue<long>(), $"must be at most {rule}");
                    break;
                case "minLength":
                    Expect(value!.GetValueKind() != JsonValueKind.String || value.GetValue<string>().Length >= rule!.GetValue<int>(), "must not be empty");
                    break;
                case "required":
                    Expect(rule!.AsArray().All(name => value?[name!.GetValue<string>()] is not null), $"needs {rule!.ToJsonString()}");
                    break;
                case "properties":
                    foreach (var (name, property) in rule!.AsObject())
                    {
                        if (value is JsonObject json && json.ContainsKey(name))
                        {
                            Check(json[name], property!.AsObject(), $"{path}.{name}", problems);
                        }
                    }

                    break;
                case "additionalProperties" when rule is JsonObject inner:
                    foreach (var (name, member) in value as JsonObject ?? [])
                    {
                        Check(member, inner, $"{path}.{name}", problems);
                    }

                    break;
                case "additionalProperties":
                    var known = schema["properties"]!.AsObject();
                    foreach (var (name, _) in rule!.GetValue<bool>() ? [] : value as JsonObject ?? [])
                    {
                        Expect(known.ContainsKey(name), $"has no {name}");
                    }

                    break;
                case "items":
                    foreach (var item in value as JsonArray ?? [])
                    {
                        Check(item, rule!.AsObject(), $"{path}[]", problems);
                    }

                    break;
                default:
                    throw new NotSupportedException(keyword);
            }
        }

        void Expect(bool holds, string otherwise)
        {
            if (!holds)
            {
                problems.Add($"{path.TrimStart('.')} {otherwise}".Trim());
            }
        }
    }

    private static bool IsOf(JsonNode? value, string type) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value?.GetValueKind() == JsonValueKind.String,
        "boolean" => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
        "integer" => value?.GetValueKind() == JsonValueKind.Number && long.TryParse(value.ToJsonString(), out _),
        _ => throw new NotSupportedException(type),
    };

    private static void Merge(JsonObject into, JsonObject over)
    {
        foreach (var (name, value) in over)
        {
            if (value is JsonObject inner && into[name] is JsonObject known)
            {
                Merge(known, inner);
            }
            else
            {
                into[name] = value?.DeepClone();
            }
        }
    }

    private static object? ToPlain(JsonNode? node) => node switch
    {
        null => null,
        JsonObject json => json.ToDictionary(member => member.Key, member => ToPlain(member.Value)),
        JsonArray list => list.Select(ToPlain).ToList(),
        _ => node.GetValueKind() switch
        {
            JsonValueKind.String => (object)node.GetValue<string>(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => node.GetValue<long>(),
        },
    };
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Frontier.Operator.Kube;

namespace Frontier.Operator.Tests.Support.ApiServer;

/// <summary>What a server does to an object before it is kept: defaults, generation, and the rules whose breach is an error.</summary>
internal static class Admission
{
    /// <exception cref="ApiException">The object breaks a rule.</exception>
    public static void Check(ResourceType type, JsonObject? before, JsonObject after, CustomSchema schema)
    {
        if (type == ResourceType.FrontierClusters)
        {
            // What was wrong before the rules came does not stop other changes (validation ratcheting, Kubernetes 1.30).
            var old = before is null ? [] : schema.Admit(before.DeepClone().AsObject());
            var problems = schema.Admit(after).Except(old).ToList();
            if (problems.Count > 0)
            {
                throw new ApiException(422, "Invalid", $"FrontierCluster is invalid: {string.Join("; ", problems)}");
            }
        }
        else
        {
            Defaulting.Fill(after);
            CheckModel(type, after);
        }

        if (type == ResourceType.Deployments)
        {
            CheckDeployment(before, after);
        }

        if (type == ResourceType.Services && after["spec"]!["ports"]!.AsArray().Any(port => port!["nodePort"]?.GetValue<int>() is < 30000 or > 32767))
        {
            throw new ApiException(422, "Invalid", "spec.ports[0].nodePort: Invalid value: provided port is not in the valid range");
        }

        if (type == ResourceType.Secrets && before is not null && !JsonNode.DeepEquals(before["type"], after["type"]))
        {
            throw new ApiException(422, "Invalid", "type: Invalid value: field is immutable");
        }

        SetGeneration(before, after);
    }

    private static void CheckModel(ResourceType type, JsonObject after)
    {
        if (type == ResourceType.ServiceMonitors)
        {
            return; // A custom resource whose schema is not here.
        }

        var bare = after.DeepClone().AsObject();
        bare["metadata"]!.AsObject().Remove("managedFields");
        try
        {
            Yaml.ReadStrictly(bare);
        }
        catch (JsonException error)
        {
            throw new ApiException(400, "BadRequest", $"strict decoding error: {error.Message}");
        }
    }

    private static void CheckDeployment(JsonObject? before, JsonObject after)
    {
        var selector = after["spec"]!["selector"];
        if (before is not null && !JsonNode.DeepEquals(before["spec"]!["selector"], selector))
        {
            throw new ApiException(422, "Invalid", "spec.selector: Invalid value: field is immutable");
        }

        var labels = after["spec"]!["template"]!["metadata"]!["labels"];
        if (selector!["matchLabels"]!.AsObject().Any(label => !JsonNode.DeepEquals(labels![label.Key], label.Value)))
        {
            throw new ApiException(422, "Invalid", "spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`");
        }

        var containers = after["spec"]!["template"]!["spec"]!["containers"]!.AsArray();
        var ports = containers.SelectMany(container => container!["ports"]?.AsArray() ?? []).ToList();
        if (ports.GroupBy(port => port!["containerPort"]!.GetValue<int>()).Any(port => port.Count() > 1) || ports.Any(port => port!["name"]!.GetValue<string>().Length > 15))
        {
            throw new ApiException(422, "Invalid", "ports are used twice, or a name is longer than 15 characters");
        }
    }

    // A new generation only for a new spec.
    private static void SetGeneration(JsonObject? before, JsonObject after)
    {
        var generation = before?["metadata"]?["generation"]?.GetValue<long>() ?? 0;
        var changed = before is null || !JsonNode.DeepEquals(before["spec"], after["spec"]);
        after["metadata"]!["generation"] = changed ? generation + 1 : generation;
    }
}

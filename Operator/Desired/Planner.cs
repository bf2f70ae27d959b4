using System.Text.Json.Nodes;
using Frontier.Operator.Api;
using Frontier.Operator.Kube;
using k8s;
using k8s.Models;

namespace Frontier.Operator.Desired;

/// <summary>Works out what should be. Asks nobody and writes nothing: the same cluster in the same surroundings gives the same plan.</summary>
internal static class Planner
{
    /// <summary>The plan for a cluster.</summary>
    public static Plan Create(FrontierCluster cluster, Surroundings around, OperatorDefaults defaults)
    {
        var resolved = new ResolvedCluster(cluster, defaults);
        var problems = SpecRules.Check(resolved).ToList();
        if (problems.Count > 0)
        {
            // What was made of an earlier, good spec stays as it is.
            return new Plan([], problems, IsComplete: false);
        }

        var objects = new List<DesiredObject>();
        var copies = EdgeCertificates.Copies(resolved, around, problems);
        var password = RedisPassword.Find(resolved, around, problems);
        foreach (var secret in password?.Copy is { } copy ? copies.Append(copy) : copies)
        {
            secret.Metadata.Labels = Names.Labels(resolved.Name, "gateway");
            Add(ResourceType.Secrets, secret);
        }

        foreach (var service in Networking.Services(resolved))
        {
            Add(ResourceType.Services, service);
        }

        foreach (var budget in Operations.Budgets(resolved))
        {
            Add(ResourceType.PodDisruptionBudgets, budget);
        }

        foreach (var policy in Networking.Policies(resolved))
        {
            Add(ResourceType.NetworkPolicies, policy);
        }

        if (password is not null)
        {
            Add(ResourceType.Deployments, Workloads.Frontlas(resolved, password));
        }

        // Gateways that mount a Secret which does not exist would never start; those that run go on with what they have.
        if (password is not null && (resolved.Tls is null || copies.Count > 0))
        {
            Add(ResourceType.Deployments, Workloads.Frontier(resolved, password, Operations.GatewayReplicas(resolved, around)));
        }

        if (Operations.Autoscaler(resolved) is { } autoscaler)
        {
            Add(ResourceType.HorizontalPodAutoscalers, autoscaler);
        }

        AddMonitoring();
        return new Plan(objects, problems, IsComplete: problems.All(problem => problem.Severity == ProblemSeverity.Warning));

        void Add(ResourceType type, IKubernetesObject<V1ObjectMeta> model)
        {
            model.ApiVersion = type.ApiVersion;
            model.Kind = type.Kind;
            AddJson(type, JsonNode.Parse(KubernetesJson.Serialize(model))!.AsObject());
        }

        void AddJson(ResourceType type, JsonObject json)
        {
            Tidy(json);
            var metadata = json["metadata"]!.AsObject();
            metadata["namespace"] = resolved.Namespace;
            metadata["ownerReferences"] = new JsonArray(OwnerReference(cluster));
            Applied.Mark(json);
            objects.Add(new DesiredObject(type, json));
        }

        void AddMonitoring()
        {
            if (resolved.Monitoring is null)
            {
                return;
            }

            Add(ResourceType.Services, Networking.MetricsService(resolved));
            if (around.HasServiceMonitors)
            {
                AddJson(ResourceType.ServiceMonitors, Operations.ServiceMonitor(resolved));
            }
            else
            {
                problems.Add(new Problem(
                    ProblemSeverity.Warning, "NoServiceMonitors", "monitoring.serviceMonitor is set, but the cluster has no ServiceMonitor CRD (Prometheus operator)"));
            }
        }
    }

    private static JsonObject OwnerReference(FrontierCluster cluster) => new()
    {
        ["apiVersion"] = cluster.ApiVersion,
        ["kind"] = cluster.Kind,
        ["name"] = cluster.Metadata.Name,
        ["uid"] = cluster.Metadata.Uid,
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };

    // The API server keeps neither nulls nor empty lists and maps. Texts stay as the user wrote them: an empty one is a value like any other in labels,
    // annotations and selectors.
    private static void Tidy(JsonObject json)
    {
        foreach (var (name, value) in json.ToList())
        {
            switch (value)
            {
                case null:
                case JsonArray { Count: 0 }:
                    json.Remove(name);
                    break;
                case JsonObject { Count: 0 } when Applied.IsMap(name):
                    json.Remove(name);
                    break;
                case JsonObject child:
                    Tidy(child);
                    break;
                case JsonArray list:
                    foreach (var item in list.OfType<JsonObject>())
                    {
                        Tidy(item);
                    }

                    break;
            }
        }
    }
}

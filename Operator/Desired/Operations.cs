using System.Text.Json.Nodes;
using Frontier.Operator.Kube;
using k8s.Models;

namespace Frontier.Operator.Desired;

/// <summary>What keeps a cluster serving while nodes and load change, and lets Prometheus see it.</summary>
internal static class Operations
{
    /// <summary>Nodes are emptied one pod of each kind at a time.</summary>
    public static IEnumerable<V1PodDisruptionBudget> Budgets(ResolvedCluster cluster)
    {
        yield return Budget(cluster, Names.Frontier(cluster.Name), "gateway");
        yield return Budget(cluster, Names.Frontlas(cluster.Name), "silo");
    }

    /// <summary>Lets the number of gateways follow their load; null unless the cluster asks for it.</summary>
    public static V2HorizontalPodAutoscaler? Autoscaler(ResolvedCluster cluster)
    {
        if (cluster.Autoscaling is not { } autoscaling)
        {
            return null;
        }

        var metrics = new List<V2MetricSpec>();
        if (autoscaling.TargetCpuUtilizationPercentage is { } percent)
        {
            metrics.Add(new V2MetricSpec
            {
                Type = "Resource",
                Resource = new V2ResourceMetricSource { Name = "cpu", Target = new V2MetricTarget { Type = "Utilization", AverageUtilization = percent } },
            });
        }

        if (autoscaling.TargetConnections is { } connections)
        {
            metrics.Add(new V2MetricSpec
            {
                Type = "Pods",
                Pods = new V2PodsMetricSource
                {
                    Metric = new V2MetricIdentifier { Name = "frontier_connections" },
                    Target = new V2MetricTarget { Type = "AverageValue", AverageValue = new ResourceQuantity($"{connections}") },
                },
            });
        }

        return new V2HorizontalPodAutoscaler
        {
            Metadata = new V1ObjectMeta { Name = Names.Frontier(cluster.Name), Labels = Names.Labels(cluster.Name, "gateway") },
            Spec = new V2HorizontalPodAutoscalerSpec
            {
                ScaleTargetRef = new V2CrossVersionObjectReference { ApiVersion = "apps/v1", Kind = "Deployment", Name = Names.Frontier(cluster.Name) },
                MinReplicas = autoscaling.MinReplicas ?? 1,
                MaxReplicas = autoscaling.MaxReplicas,
                Metrics = metrics,
                Behavior = new V2HorizontalPodAutoscalerBehavior
                {
                    // Every gateway that leaves moves its edges: one at a time, and each gets the time its drain may take.
                    ScaleDown = new V2HPAScalingRules
                    {
                        StabilizationWindowSeconds = 300,
                        Policies =
                        [
                            new V2HPAScalingPolicy
                            {
                                Type = "Pods",
                                Value = 1,
                                PeriodSeconds = (int)Math.Clamp(ResolvedCluster.GraceOf(cluster.FrontierPod), 15, 1800),
                            },
                        ],
                    },
                },
            },
        };
    }

    /// <summary>How many gateways the Deployment asks for.</summary>
    public static int GatewayReplicas(ResolvedCluster cluster, Surroundings around) => cluster.Autoscaling is { } autoscaling
        // The autoscaler's number stays. Leaving it out of what is applied would not do: a member that its last owner gives up falls back to 1.
        ? Math.Clamp(around.FrontierReplicas ?? cluster.FrontierReplicas, autoscaling.MinReplicas ?? 1, autoscaling.MaxReplicas)
        : cluster.FrontierReplicas;

    /// <summary>Tells Prometheus where the metrics are.</summary>
    public static JsonObject ServiceMonitor(ResolvedCluster cluster)
    {
        var labels = new JsonObject();
        foreach (var (key, value) in Names.Labels(cluster.Name, "metrics").Concat(cluster.Monitoring!.Labels))
        {
            labels[key] = value;
        }

        var endpoint = new JsonObject { ["port"] = "metrics", ["path"] = "/metrics" };
        if (!string.IsNullOrEmpty(cluster.Monitoring.Interval))
        {
            endpoint["interval"] = cluster.Monitoring.Interval;
        }

        return new JsonObject
        {
            ["apiVersion"] = ResourceType.ServiceMonitors.ApiVersion,
            ["kind"] = ResourceType.ServiceMonitors.Kind,
            ["metadata"] = new JsonObject { ["name"] = Names.Metrics(cluster.Name), ["labels"] = labels },
            ["spec"] = new JsonObject
            {
                ["selector"] = new JsonObject
                {
                    ["matchLabels"] = new JsonObject
                    {
                        ["app.kubernetes.io/instance"] = cluster.Name,
                        ["app.kubernetes.io/component"] = "metrics",
                    },
                },
                ["endpoints"] = new JsonArray(endpoint),
            },
        };
    }

    private static V1PodDisruptionBudget Budget(ResolvedCluster cluster, string app, string component) => new()
    {
        Metadata = new V1ObjectMeta { Name = app, Labels = Names.Labels(cluster.Name, component) },
        Spec = new V1PodDisruptionBudgetSpec
        {
            MaxUnavailable = 1,
            Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = app } },
        },
    };
}

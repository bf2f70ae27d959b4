using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Frontier.Operator.Crd;

namespace Frontier.Operator.Api;

/// <summary>How the number of gateways follows their load.</summary>
[CelRule("!has(self.minReplicas) || self.minReplicas <= self.maxReplicas", "minReplicas must not be larger than maxReplicas")]
[CelRule(
    "has(self.targetCPUUtilizationPercentage) || has(self.targetConnections)",
    "autoscaling needs targetCPUUtilizationPercentage, targetConnections, or both")]
public sealed class AutoscalingSpec
{
    /// <summary>The fewest pods; null for 1.</summary>
    [JsonPropertyName("minReplicas"), Range(1, 10000), DefaultValue(1), Description("The fewest pods.")]
    public int? MinReplicas { get; set; }

    /// <summary>The most pods.</summary>
    [JsonPropertyName("maxReplicas"), Required, Range(1, 10000), Description("The most pods.")]
    public int MaxReplicas { get; set; }

    /// <summary>CPU use to aim at, in percent of the request.</summary>
    [JsonPropertyName("targetCPUUtilizationPercentage"), Range(1, 1000), Description("CPU use to aim at, in percent of what the pods request.")]
    public int? TargetCpuUtilizationPercentage { get; set; }

    /// <summary>Connections per pod to aim at.</summary>
    [JsonPropertyName("targetConnections"), Range(1, 10000000), Description("Connections of a pod to aim at: the metric frontier_connections, which an adapter has to serve.")]
    public int? TargetConnections { get; set; }
}

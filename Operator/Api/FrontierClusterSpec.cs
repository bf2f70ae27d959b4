using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Frontier.Operator.Crd;

namespace Frontier.Operator.Api;

/// <summary>What the user wants.</summary>
[Description("What is wanted.")]
public sealed class FrontierClusterSpec
{
    /// <summary>The gateways.</summary>
    [JsonPropertyName("frontier"), Required, Description("The gateway pods: edges and services connect to them.")]
    public FrontierSpec Frontier { get; set; } = new();

    /// <summary>The silos.</summary>
    [JsonPropertyName("frontlas"), Required, Description("The silo pods: topics, the service catalog, and the Frontlas API for cluster services.")]
    public FrontlasSpec Frontlas { get; set; } = new();

    /// <summary>Who may connect to the pods.</summary>
    [JsonPropertyName("networkPolicy"), Description("Who may connect to the pods. Without it, everybody may.")]
    public NetworkPolicySpec? NetworkPolicy { get; set; }

    /// <summary>Prometheus.</summary>
    [JsonPropertyName("monitoring"), Description("What Prometheus gets to know.")]
    public MonitoringSpec? Monitoring { get; set; }
}

/// <summary>The gateways.</summary>
[CelRule(
    "!has(self.servicebound) || !has(self.edgebound) || !has(self.servicebound.port) || !has(self.edgebound.port) || self.servicebound.port != self.edgebound.port",
    "servicebound and edgebound need different ports")]
public sealed class FrontierSpec
{
    /// <summary>How many gateway pods; null for 1.</summary>
    [JsonPropertyName("replicas"), Range(0, 10000), DefaultValue(1), Description("How many gateway pods. Ignored while autoscaling is set.")]
    public int? Replicas { get; set; }

    /// <summary>Where services connect.</summary>
    [JsonPropertyName("servicebound"), Description("Where services connect.")]
    public ServiceboundSpec Servicebound { get; set; } = new();

    /// <summary>Where edges connect.</summary>
    [JsonPropertyName("edgebound"), Description("Where edges connect.")]
    public EdgeboundSpec Edgebound { get; set; } = new();

    /// <summary>The image; null for the operator's own choice.</summary>
    [JsonPropertyName("image"), Description("The gateway's image. Default: the one that belongs to the operator's version.")]
    public string? Image { get; set; }

    /// <summary>On which nodes the pods may run.</summary>
    [JsonPropertyName("nodeAffinity"), Description("On which nodes the pods may run; ignored when pod.affinity is set.")]
    public k8s.Models.V1NodeAffinity? NodeAffinity { get; set; }

    /// <summary>What else the pods should have.</summary>
    [JsonPropertyName("pod"), Description("What the pods should have in place of the operator's defaults.")]
    public PodSpec? Pod { get; set; }

    /// <summary>How the number of pods follows the load; null for a fixed number.</summary>
    [JsonPropertyName("autoscaling"), Description("Makes the number of gateway pods follow their load, with a HorizontalPodAutoscaler.")]
    public AutoscalingSpec? Autoscaling { get; set; }
}

/// <summary>The silos.</summary>
public sealed class FrontlasSpec
{
    /// <summary>How many silo pods; null for 1.</summary>
    [JsonPropertyName("replicas"), Range(0, 1000), DefaultValue(1), Description("How many silo pods.")]
    public int? Replicas { get; set; }

    /// <summary>The Frontlas API.</summary>
    [JsonPropertyName("controlplane"), Description("Where cluster services ask for gateways and edges.")]
    public ControlplaneSpec Controlplane { get; set; } = new();

    /// <summary>The image; null for the operator's own choice.</summary>
    [JsonPropertyName("image"), Description("The silo's image. Default: the one that belongs to the operator's version.")]
    public string? Image { get; set; }

    /// <summary>On which nodes the pods may run.</summary>
    [JsonPropertyName("nodeAffinity"), Description("On which nodes the pods may run; ignored when pod.affinity is set.")]
    public k8s.Models.V1NodeAffinity? NodeAffinity { get; set; }

    /// <summary>What else the pods should have.</summary>
    [JsonPropertyName("pod"), Description("What the pods should have in place of the operator's defaults.")]
    public PodSpec? Pod { get; set; }

    /// <summary>The Redis server through which the pods find each other.</summary>
    [JsonPropertyName("redis"), Required, Description("The Redis server through which gateways and silos find each other.")]
    public RedisSpec Redis { get; set; } = new();
}

/// <summary>Who may connect.</summary>
public sealed class NetworkPolicySpec
{
    /// <summary>Whether there are policies at all.</summary>
    [JsonPropertyName("enabled"), DefaultValue(false), Description("Whether the operator writes NetworkPolicies: edges from anywhere, Orleans among the pods only.")]
    public bool Enabled { get; set; }

    /// <summary>Where services run; empty for the cluster's namespace.</summary>
    [JsonPropertyName("services"), Description("Who may connect as a service or ask the Frontlas API. Default: all pods of the namespace.")]
    public IList<k8s.Models.V1NetworkPolicyPeer> Services { get; set; } = [];

    /// <summary>Who may read metrics; empty for everybody.</summary>
    [JsonPropertyName("metrics"), Description("Who may reach health and metrics (9091). Default: everybody, since nodes probe it.")]
    public IList<k8s.Models.V1NetworkPolicyPeer> Metrics { get; set; } = [];
}

/// <summary>What Prometheus gets to know.</summary>
public sealed class MonitoringSpec
{
    /// <summary>Whether to write a ServiceMonitor.</summary>
    [JsonPropertyName("serviceMonitor"), DefaultValue(false), Description("Whether the operator writes a ServiceMonitor. Without that CRD in the cluster it does not, and says so.")]
    public bool ServiceMonitor { get; set; }

    /// <summary>Labels by which Prometheus chooses its ServiceMonitors.</summary>
    [JsonPropertyName("labels"), Description("Labels of the ServiceMonitor, by which Prometheus chooses it.")]
    public IDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>();

    /// <summary>How often Prometheus asks; null for its own default.</summary>
    [JsonPropertyName("interval"), RegularExpression("^([0-9]+(ms|s|m|h))+$"), Description("How often Prometheus asks, such as 30s.")]
    public string? Interval { get; set; }
}

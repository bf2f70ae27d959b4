using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using k8s.Models;

namespace Frontier.Operator.Api;

/// <summary>What pods should have in place of the operator's defaults; null and empty keep a default.</summary>
public sealed class PodSpec
{
    /// <summary>Requests and limits.</summary>
    [JsonPropertyName("resources"), Description("Requests and limits of the container.")]
    public V1ResourceRequirements? Resources { get; set; }

    /// <summary>More environment variables; one of the operator's own gives way to one of the same name.</summary>
    [JsonPropertyName("env"), Description("More environment variables: any key of the configuration, with two underscores between its parts (mqm__nats__enable).")]
    public IList<V1EnvVar> Env { get; set; } = [];

    /// <summary>Labels a node must have.</summary>
    [JsonPropertyName("nodeSelector"), Description("Labels that a node must have.")]
    public IDictionary<string, string> NodeSelector { get; set; } = new Dictionary<string, string>();

    /// <summary>Taints the pods stand.</summary>
    [JsonPropertyName("tolerations"), Description("Taints of nodes that the pods tolerate.")]
    public IList<V1Toleration> Tolerations { get; set; } = [];

    /// <summary>How the pods spread.</summary>
    [JsonPropertyName("topologySpreadConstraints"), Description("How the pods spread; in place of the operator's spread over zones.")]
    public IList<V1TopologySpreadConstraint> TopologySpreadConstraints { get; set; } = [];

    /// <summary>Near what the pods run.</summary>
    [JsonPropertyName("affinity"), Description("In place of the operator's spread over hosts and of nodeAffinity.")]
    public V1Affinity? Affinity { get; set; }

    /// <summary>The priority class.</summary>
    [JsonPropertyName("priorityClassName"), Description("The priority class.")]
    public string? PriorityClassName { get; set; }

    /// <summary>The service account.</summary>
    [JsonPropertyName("serviceAccountName"), Description("The service account. Its token is not mounted: the pods never ask the API server.")]
    public string? ServiceAccountName { get; set; }

    /// <summary>Credentials of the image's registry.</summary>
    [JsonPropertyName("imagePullSecrets"), Description("Credentials of the image's registry.")]
    public IList<V1LocalObjectReference> ImagePullSecrets { get; set; } = [];

    /// <summary>When the image is pulled.</summary>
    [JsonPropertyName("imagePullPolicy"), AllowedValues("Always", "IfNotPresent", "Never"), Description("When the image is pulled. Default: IfNotPresent.")]
    public string? ImagePullPolicy { get; set; }

    /// <summary>Annotations of the pods.</summary>
    [JsonPropertyName("annotations"), Description("Annotations of the pods.")]
    public IDictionary<string, string> Annotations { get; set; } = new Dictionary<string, string>();

    /// <summary>Labels of the pods.</summary>
    [JsonPropertyName("labels"), Description("Labels of the pods; those of the operator stay.")]
    public IDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>();

    /// <summary>Security settings of the pods.</summary>
    [JsonPropertyName("podSecurityContext"), Description("In place of: user and group 65532, not root, seccomp RuntimeDefault.")]
    public V1PodSecurityContext? PodSecurityContext { get; set; }

    /// <summary>Security settings of the container.</summary>
    [JsonPropertyName("containerSecurityContext"), Description("In place of: read-only root, no capabilities, no privilege escalation.")]
    public V1SecurityContext? ContainerSecurityContext { get; set; }

    /// <summary>How long a pod may take to leave, in seconds; null for 60.</summary>
    [JsonPropertyName("terminationGracePeriodSeconds"), Range(0, 86400), Description("How long a pod may take to leave. The drain gets this time less 10 s. Default: 60.")]
    public long? TerminationGracePeriodSeconds { get; set; }

    /// <summary>When the container is restarted.</summary>
    [JsonPropertyName("livenessProbe"), Description("In place of: /healthz on 9091.")]
    public V1Probe? LivenessProbe { get; set; }

    /// <summary>When the pod gets traffic.</summary>
    [JsonPropertyName("readinessProbe"), Description("In place of: /readyz on 9091.")]
    public V1Probe? ReadinessProbe { get; set; }

    /// <summary>What happens at start and end.</summary>
    [JsonPropertyName("lifecycle"), Description("In place of: a preStop sleep of 5 s, after which SIGTERM begins the drain.")]
    public V1Lifecycle? Lifecycle { get; set; }
}

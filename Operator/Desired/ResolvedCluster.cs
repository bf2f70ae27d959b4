using Frontier.Operator.Api;
using k8s.Models;

namespace Frontier.Operator.Desired;

/// <summary>A cluster with its defaults filled in: those of the CRD once more, since a resource may be older than they are, and those that depend on its name.</summary>
internal sealed class ResolvedCluster(FrontierCluster cluster, OperatorDefaults defaults)
{
    // What is cut off the grace period before the drain begins and after it ends: the sleep of preStop, and a margin for the rest of the shutdown.
    private const int DrainMargin = 10;

    private readonly FrontierSpec _frontier = cluster.Spec.Frontier ?? new FrontierSpec();
    private readonly FrontlasSpec _frontlas = cluster.Spec.Frontlas ?? new FrontlasSpec();

    public string Name => cluster.Metadata.Name;

    public string Namespace => cluster.Metadata.NamespaceProperty;

    public string Uid => cluster.Metadata.Uid ?? "";

    public FrontierCluster Resource => cluster;

    public int FrontierReplicas => _frontier.Replicas ?? 1;

    public int FrontlasReplicas => _frontlas.Replicas ?? 1;

    public string FrontierImage => NonEmpty(_frontier.Image) ?? defaults.FrontierImage;

    public string FrontlasImage => NonEmpty(_frontlas.Image) ?? defaults.FrontlasImage;

    public int ServiceboundPort => NonZero(_frontier.Servicebound?.Port) ?? 30011;

    public string ServiceboundService => NonEmpty(_frontier.Servicebound?.Service) ?? $"{Name}-servicebound-svc";

    public string ServiceboundType => NonEmpty(_frontier.Servicebound?.ServiceType) ?? "ClusterIP";

    public IDictionary<string, string> ServiceboundAnnotations => _frontier.Servicebound?.ServiceAnnotations ?? new Dictionary<string, string>();

    public int EdgeboundPort => NonZero(_frontier.Edgebound?.Port) ?? 30012;

    public string EdgeboundService => NonEmpty(_frontier.Edgebound?.ServiceName) ?? $"{Name}-edgebound-svc";

    public string EdgeboundType => NonEmpty(_frontier.Edgebound?.ServiceType) ?? "NodePort";

    public IDictionary<string, string> EdgeboundAnnotations => _frontier.Edgebound?.ServiceAnnotations ?? new Dictionary<string, string>();

    public string? EdgeboundTrafficPolicy => NonEmpty(_frontier.Edgebound?.ExternalTrafficPolicy);

    public int FrontlasPort => NonZero(_frontlas.Controlplane?.Port) ?? 40011;

    public int FrontierPlanePort => NonZero(_frontlas.Controlplane?.FrontierPlanePort) ?? 40012;

    public string FrontlasService => NonEmpty(_frontlas.Controlplane?.Service) ?? $"{Name}-frontlas-svc";

    public string FrontlasType => NonEmpty(_frontlas.Controlplane?.ServiceType) ?? "ClusterIP";

    public IDictionary<string, string> FrontlasAnnotations => _frontlas.Controlplane?.ServiceAnnotations ?? new Dictionary<string, string>();

    public RedisSpec Redis => _frontlas.Redis ?? new RedisSpec();

    public AutoscalingSpec? Autoscaling => _frontier.Autoscaling;

    public NetworkPolicySpec? NetworkPolicy => cluster.Spec.NetworkPolicy is { Enabled: true } policy ? policy : null;

    public MonitoringSpec? Monitoring => cluster.Spec.Monitoring is { ServiceMonitor: true } monitoring ? monitoring : null;

    /// <summary>TLS towards edges; null when it is off.</summary>
    public EdgeTlsSpec? Tls => _frontier.Edgebound?.Tls is { Enabled: true } tls ? tls : null;

    public PodSpec FrontierPod => _frontier.Pod ?? new PodSpec();

    public PodSpec FrontlasPod => _frontlas.Pod ?? new PodSpec();

    public V1NodeAffinity? FrontierNodeAffinity => _frontier.NodeAffinity;

    public V1NodeAffinity? FrontlasNodeAffinity => _frontlas.NodeAffinity;

    /// <summary>How long a pod may take to leave, in seconds.</summary>
    public static long GraceOf(PodSpec pod) => pod.TerminationGracePeriodSeconds ?? 60;

    /// <summary>How much of that the drain may take, in seconds.</summary>
    public static long DrainOf(PodSpec pod) => Math.Max(1, GraceOf(pod) - DrainMargin);

    // Empty is what Go writes for "not set".
    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static int? NonZero(int? number) => number is 0 ? null : number;
}

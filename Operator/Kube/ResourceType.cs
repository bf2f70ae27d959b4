using Frontier.Operator.Api;

namespace Frontier.Operator.Kube;

/// <summary>One kind of object in the API.</summary>
/// <param name="Group">The API group; empty for the core.</param>
/// <param name="Version">The API version.</param>
/// <param name="Plural">The name in paths.</param>
/// <param name="Kind">The name in objects.</param>
internal sealed record ResourceType(string Group, string Version, string Plural, string Kind)
{
    public static readonly ResourceType FrontierClusters = new(FrontierCluster.Group, FrontierCluster.Version, FrontierCluster.Plural, FrontierCluster.KindName);
    public static readonly ResourceType Deployments = new("apps", "v1", "deployments", "Deployment");
    public static readonly ResourceType Services = new("", "v1", "services", "Service");
    public static readonly ResourceType Secrets = new("", "v1", "secrets", "Secret");
    public static readonly ResourceType Events = new("", "v1", "events", "Event");
    public static readonly ResourceType Leases = new("coordination.k8s.io", "v1", "leases", "Lease");
    public static readonly ResourceType PodDisruptionBudgets = new("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget");
    public static readonly ResourceType HorizontalPodAutoscalers = new("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler");
    public static readonly ResourceType NetworkPolicies = new("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy");
    public static readonly ResourceType ServiceMonitors = new("monitoring.coreos.com", "v1", "servicemonitors", "ServiceMonitor");

    /// <summary>What objects say in <c>apiVersion</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The path of the API's group and version.</summary>
    public string ApiPath => Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";

    /// <summary>The path of the objects of a namespace; null for all namespaces.</summary>
    public string PathOf(string? @namespace) => @namespace is null ? $"{ApiPath}/{Plural}" : $"{ApiPath}/namespaces/{@namespace}/{Plural}";

    /// <summary>The path of one object.</summary>
    public string PathOf(string @namespace, string name) => $"{PathOf(@namespace)}/{Uri.EscapeDataString(name)}";
}

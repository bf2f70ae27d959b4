using Frontier.Operator.Api;
using k8s.Models;

namespace Frontier.Operator.Desired;

/// <summary>The Services of a cluster, and who may reach its pods.</summary>
internal static class Networking
{
    // What a cluster gives out as node ports unless its administrator said otherwise; outside of it, the API server would refuse the Service.
    private const int FirstNodePort = 30000;
    private const int LastNodePort = 32767;

    /// <summary>The Services.</summary>
    public static IEnumerable<V1Service> Services(ResolvedCluster cluster)
    {
        yield return Service(
            cluster, cluster.ServiceboundService, "gateway", Names.Frontier(cluster.Name), cluster.ServiceboundType, cluster.ServiceboundAnnotations, null,
            ("servicebound", cluster.ServiceboundPort));
        yield return Service(
            cluster, cluster.EdgeboundService, "gateway", Names.Frontier(cluster.Name), cluster.EdgeboundType, cluster.EdgeboundAnnotations,
            cluster.EdgeboundTrafficPolicy, ("edgebound", cluster.EdgeboundPort));
        yield return Service(
            cluster, cluster.FrontlasService, "silo", Names.Frontlas(cluster.Name), cluster.FrontlasType, cluster.FrontlasAnnotations, null,
            ("controlplane", cluster.FrontlasPort), ("frontierplane", cluster.FrontierPlanePort));
    }

    /// <summary>The Service of all pods' metrics, which a ServiceMonitor goes by.</summary>
    public static V1Service MetricsService(ResolvedCluster cluster) => new()
    {
        Metadata = new V1ObjectMeta { Name = Names.Metrics(cluster.Name), Labels = Names.Labels(cluster.Name, "metrics") },
        Spec = new V1ServiceSpec
        {
            Type = "ClusterIP",
            ClusterIP = "None",
            Selector = new Dictionary<string, string> { ["app.kubernetes.io/name"] = "frontier", ["app.kubernetes.io/instance"] = cluster.Name },
            // A pod that is not ready is the one whose metrics are wanted most.
            PublishNotReadyAddresses = true,
            Ports = [new V1ServicePort { Name = "metrics", Port = Names.HealthPort, TargetPort = "health", Protocol = "TCP" }],
        },
    };

    /// <summary>The NetworkPolicies; none unless the cluster asks for them.</summary>
    public static IEnumerable<V1NetworkPolicy> Policies(ResolvedCluster cluster)
    {
        if (cluster.NetworkPolicy is not { } policy)
        {
            yield break;
        }

        IList<V1NetworkPolicyPeer> services = policy.Services.Count > 0 ? policy.Services : [new V1NetworkPolicyPeer { PodSelector = new V1LabelSelector() }];
        yield return Policy(
            cluster, Names.Frontier(cluster.Name), "gateway",
            Allow(null, cluster.EdgeboundPort),
            Allow(services, cluster.ServiceboundPort, Names.ControlplanePort),
            AllowMembers(cluster, Names.SiloPort, Names.OrleansGatewayPort),
            AllowMetrics(policy));
        yield return Policy(
            cluster, Names.Frontlas(cluster.Name), "silo",
            Allow(services, cluster.FrontlasPort, cluster.FrontierPlanePort, Names.ControlplanePort),
            AllowMembers(cluster, Names.SiloPort, Names.OrleansGatewayPort, cluster.FrontierPlanePort),
            AllowMetrics(policy));
    }

    private static V1Service Service(
        ResolvedCluster cluster,
        string name,
        string component,
        string app,
        string type,
        IDictionary<string, string> annotations,
        string? trafficPolicy,
        params ReadOnlySpan<(string Name, int Port)> ports)
    {
        var service = new V1Service
        {
            Metadata = new V1ObjectMeta { Name = name, Labels = Names.Labels(cluster.Name, component), Annotations = new Dictionary<string, string>(annotations) },
            Spec = new V1ServiceSpec
            {
                Type = type,
                Selector = new Dictionary<string, string> { ["app"] = app },
                Ports = [],
                // A pod that drains gets nothing new: the original published those as well.
                PublishNotReadyAddresses = false,
                ExternalTrafficPolicy = type is "ClusterIP" ? null : trafficPolicy,
            },
        };
        foreach (var (portName, port) in ports)
        {
            service.Spec.Ports.Add(new V1ServicePort
            {
                Name = portName,
                Port = port,
                TargetPort = port,
                Protocol = "TCP",
                NodePort = type == "NodePort" && port is >= FirstNodePort and <= LastNodePort ? port : null,
            });
        }

        return service;
    }

    private static V1NetworkPolicy Policy(ResolvedCluster cluster, string app, string component, params V1NetworkPolicyIngressRule[] rules) => new()
    {
        Metadata = new V1ObjectMeta { Name = app, Labels = Names.Labels(cluster.Name, component) },
        Spec = new V1NetworkPolicySpec
        {
            PodSelector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = app } },
            PolicyTypes = ["Ingress"],
            Ingress = rules,
        },
    };

    private static V1NetworkPolicyIngressRule Allow(IList<V1NetworkPolicyPeer>? from, params ReadOnlySpan<int> ports)
    {
        var rule = new V1NetworkPolicyIngressRule { FromProperty = from, Ports = [] };
        foreach (var port in ports)
        {
            rule.Ports.Add(new V1NetworkPolicyPort { Port = port, Protocol = "TCP" });
        }

        return rule;
    }

    private static V1NetworkPolicyIngressRule AllowMembers(ResolvedCluster cluster, params ReadOnlySpan<int> ports) => Allow(
        [
            new V1NetworkPolicyPeer
            {
                PodSelector = new V1LabelSelector
                {
                    MatchExpressions =
                    [
                        new V1LabelSelectorRequirement
                        {
                            Key = "app",
                            OperatorProperty = "In",
                            Values = [Names.Frontier(cluster.Name), Names.Frontlas(cluster.Name)],
                        },
                    ],
                },
            },
        ],
        ports);

    private static V1NetworkPolicyIngressRule AllowMetrics(NetworkPolicySpec policy) =>
        Allow(policy.Metrics.Count > 0 ? policy.Metrics : null, Names.HealthPort);
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Frontier.Operator.Api;

/// <summary>Where services connect.</summary>
public sealed class ServiceboundSpec
{
    /// <summary>The port; null for 30011.</summary>
    [JsonPropertyName("port"), Range(1, 65535), DefaultValue(30011), Description("The port of pods and Service.")]
    public int? Port { get; set; }

    /// <summary>The Service's name; null for <c>{name}-servicebound-svc</c>.</summary>
    [JsonPropertyName("service"), Description("The Service's name. Default: NAME-servicebound-svc.")]
    public string? Service { get; set; }

    /// <summary>The Service's type; null for ClusterIP.</summary>
    [JsonPropertyName("serviceType"), AllowedValues("ClusterIP", "NodePort", "LoadBalancer"), DefaultValue("ClusterIP"), Description("The Service's type.")]
    public string? ServiceType { get; set; }

    /// <summary>Annotations of the Service.</summary>
    [JsonPropertyName("serviceAnnotations"), Description("Annotations of the Service, such as those of a cloud's load balancer.")]
    public IDictionary<string, string> ServiceAnnotations { get; set; } = new Dictionary<string, string>();
}

/// <summary>Where edges connect.</summary>
public sealed class EdgeboundSpec
{
    /// <summary>The port; null for 30012.</summary>
    [JsonPropertyName("port"), Range(1, 65535), DefaultValue(30012), Description("The port of pods and Service; the node port as well, when it is one (30000 to 32767).")]
    public int? Port { get; set; }

    /// <summary>The Service's name; null for <c>{name}-edgebound-svc</c>.</summary>
    [JsonPropertyName("serviceName"), Description("The Service's name. Default: NAME-edgebound-svc.")]
    public string? ServiceName { get; set; }

    /// <summary>The Service's type; null for NodePort.</summary>
    [JsonPropertyName("serviceType"), AllowedValues("ClusterIP", "NodePort", "LoadBalancer"), DefaultValue("NodePort"), Description("The Service's type.")]
    public string? ServiceType { get; set; }

    /// <summary>Annotations of the Service.</summary>
    [JsonPropertyName("serviceAnnotations"), Description("Annotations of the Service, such as those of a cloud's load balancer.")]
    public IDictionary<string, string> ServiceAnnotations { get; set; } = new Dictionary<string, string>();

    /// <summary>The Service's external traffic policy; null for Kubernetes' default.</summary>
    [JsonPropertyName("externalTrafficPolicy"), AllowedValues("Cluster", "Local"), Description("Local keeps the edges' addresses (exchange.hashby srcip needs them). Default: Cluster.")]
    public string? ExternalTrafficPolicy { get; set; }

    /// <summary>TLS towards edges.</summary>
    [JsonPropertyName("tls"), Description("TLS towards edges.")]
    public EdgeTlsSpec? Tls { get; set; }
}

/// <summary>The Frontlas API.</summary>
public sealed class ControlplaneSpec
{
    /// <summary>The API's port; null for 40011.</summary>
    [JsonPropertyName("port"), Range(1, 65535), DefaultValue(40011), Description("The port of the Frontlas API.")]
    public int? Port { get; set; }

    /// <summary>The port where frontiers of the original report; null for 40012.</summary>
    [JsonPropertyName("frontierPlanePort"), Range(1, 65535), DefaultValue(40012), Description("The port where frontiers of the original report what they hold.")]
    public int? FrontierPlanePort { get; set; }

    /// <summary>The Service's name; null for <c>{name}-frontlas-svc</c>.</summary>
    [JsonPropertyName("service"), Description("The Service's name. Default: NAME-frontlas-svc.")]
    public string? Service { get; set; }

    /// <summary>The Service's type; null for ClusterIP.</summary>
    [JsonPropertyName("serviceType"), AllowedValues("ClusterIP", "NodePort", "LoadBalancer"), DefaultValue("ClusterIP"), Description("The Service's type.")]
    public string? ServiceType { get; set; }

    /// <summary>Annotations of the Service.</summary>
    [JsonPropertyName("serviceAnnotations"), Description("Annotations of the Service, such as those of a cloud's load balancer.")]
    public IDictionary<string, string> ServiceAnnotations { get; set; } = new Dictionary<string, string>();
}

namespace Frontier.Operator.Desired;

/// <summary>Names that the operator gives, and ports that the pods always have.</summary>
internal static class Names
{
    /// <summary>In whose name the operator writes objects.</summary>
    public const string FieldManager = "frontier-operator";

    /// <summary>In whose name the operator writes the status of clusters.</summary>
    public const string StatusFieldManager = "frontier-operator-status";

    /// <summary>The label by which the operator finds its objects again.</summary>
    public const string ManagedByLabel = "app.kubernetes.io/managed-by";

    /// <summary>Its value.</summary>
    public const string ManagedBy = "frontier-operator";

    /// <summary>The annotation with a digest of what was applied, by which a member that is no longer wanted is noticed.</summary>
    public const string AppliedAnnotation = "frontier.singchia.io/applied";

    /// <summary>The annotation of pods that changes with the Redis password, which they read only when they start.</summary>
    public const string RedisPasswordAnnotation = "frontier.singchia.io/redis-password";

    /// <summary>Where pods find the edge certificate; the original's place.</summary>
    public const string CertificatePath = "/app/conf/edgebound/tls/secret";

    /// <summary>Where pods find the authorities of edges.</summary>
    public const string AuthorityPath = "/app/conf/edgebound/tls/ca";

    /// <summary>Health and metrics.</summary>
    public const int HealthPort = 9091;

    /// <summary>The gateways' control plane.</summary>
    public const int ControlplanePort = 30010;

    /// <summary>Orleans, between the pods. Any would do; this one is Orleans' own default, and fixed so that a NetworkPolicy can name it.</summary>
    public const int SiloPort = 11111;

    /// <summary>Orleans, for its clients.</summary>
    public const int OrleansGatewayPort = 30000;

    /// <summary>The gateways' Deployment.</summary>
    public static string Frontier(string cluster) => $"{cluster}-frontier";

    /// <summary>The silos' Deployment.</summary>
    public static string Frontlas(string cluster) => $"{cluster}-frontlas";

    /// <summary>The copy of the edge certificate.</summary>
    public static string CertificateSecret(string cluster) => $"{cluster}-edgebound-certkey-certificate";

    /// <summary>The copy of the authorities.</summary>
    public static string AuthoritySecret(string cluster) => $"{cluster}-edgebound-ca-certificate";

    /// <summary>The Secret with a password that stands in the cluster's spec.</summary>
    public static string RedisSecret(string cluster) => $"{cluster}-redis-password";

    /// <summary>The Service that Prometheus goes by.</summary>
    public static string Metrics(string cluster) => $"{cluster}-metrics";

    /// <summary>The labels of all objects of a cluster.</summary>
    public static Dictionary<string, string> Labels(string cluster, string component) => new()
    {
        ["app.kubernetes.io/name"] = "frontier",
        ["app.kubernetes.io/instance"] = cluster,
        ["app.kubernetes.io/component"] = component,
        [ManagedByLabel] = ManagedBy,
    };
}

using System.Globalization;
using Frontier.Operator.Api;
using k8s.Models;

namespace Frontier.Operator.Desired;

/// <summary>The two Deployments of a cluster.</summary>
internal static class Workloads
{
    // Service endpoints have to hear of a pod's end before it turns connections away.
    private const int PreStopSeconds = 5;
    // A start may wait 5 min for Redis and for its place in the cluster (cluster.join_timeout); Kestrel, and with it /healthz, comes last.
    private const int StartupPeriodSeconds = 2;
    private const int StartupFailures = 165;

    /// <summary>The gateways.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="redis">The Redis password.</param>
    /// <param name="replicas">How many pods.</param>
    public static V1Deployment Frontier(ResolvedCluster cluster, RedisPassword redis, int replicas)
    {
        var container = new V1Container
        {
            Name = "frontier",
            Image = cluster.FrontierImage,
            Env =
            [
                Variable("FRONTIER_ROLES", "gateway"),
                Variable("FRONTIER_SERVICEBOUND_PORT", cluster.ServiceboundPort),
                Variable("FRONTIER_EDGEBOUND_PORT", cluster.EdgeboundPort),
                .. Common(cluster, redis, cluster.FrontierPod),
                .. TlsVariables(cluster.Tls),
            ],
            Ports =
            [
                Port("servicebound", cluster.ServiceboundPort),
                Port("edgebound", cluster.EdgeboundPort),
                Port("controlplane", Names.ControlplanePort),
                .. CommonPorts(),
            ],
            VolumeMounts = [TemporaryMount(), .. TlsMounts(cluster.Tls)],
            // Measured (docs/kubernetes.md): an idle gateway holds 155 MiB; with 1,000 idle edges 182, with 5,000 217, with 10,000 260, and each further one adds
            // 9 KiB. The request carries 10,000 edges with a fifth to spare, the limit 100,000 with room for their traffic.
            Resources = Resources(cpu: "100m", memory: "320Mi", memoryLimit: "1536Mi"),
        };
        return Deployment(
            cluster, Names.Frontier(cluster.Name), "gateway", replicas, container, cluster.FrontierPod, cluster.FrontierNodeAffinity, redis,
            [TemporaryVolume(), .. TlsVolumes(cluster)]);
    }

    /// <summary>The silos.</summary>
    /// <inheritdoc cref="Frontier"/>
    public static V1Deployment Frontlas(ResolvedCluster cluster, RedisPassword redis)
    {
        var container = new V1Container
        {
            Name = "frontlas",
            Image = cluster.FrontlasImage,
            Env =
            [
                Variable("FRONTIER_ROLES", "silo"),
                Variable("FRONTLAS_CONTROLPLANE_PORT", cluster.FrontlasPort),
                Variable("FRONTLAS_FRONTIERPLANE_PORT", cluster.FrontierPlanePort),
                .. Common(cluster, redis, cluster.FrontlasPod),
            ],
            Ports =
            [
                Port("frontlas", cluster.FrontlasPort),
                Port("frontierplane", cluster.FrontierPlanePort),
                Port("controlplane", Names.ControlplanePort),
                .. CommonPorts(),
            ],
            VolumeMounts = [TemporaryMount()],
            // Measured (docs/kubernetes.md): an idle silo holds 150 MiB, one with four gateways and 16,000 edges 178.
            Resources = Resources(cpu: "100m", memory: "192Mi", memoryLimit: "512Mi"),
        };
        return Deployment(
            cluster, Names.Frontlas(cluster.Name), "silo", cluster.FrontlasReplicas, container, cluster.FrontlasPod, cluster.FrontlasNodeAffinity, redis,
            [TemporaryVolume()]);
    }

    private static V1Deployment Deployment(
        ResolvedCluster cluster,
        string name,
        string component,
        int replicas,
        V1Container container,
        PodSpec pod,
        V1NodeAffinity? nodeAffinity,
        RedisPassword redis,
        List<V1Volume> volumes)
    {
        var selector = new Dictionary<string, string> { ["app"] = name };
        container.ImagePullPolicy = string.IsNullOrEmpty(pod.ImagePullPolicy) ? "IfNotPresent" : pod.ImagePullPolicy;
        container.Env = [.. container.Env.Where(ours => pod.Env.All(other => other.Name != ours.Name)), .. pod.Env];
        container.Resources = pod.Resources ?? container.Resources;
        container.SecurityContext = pod.ContainerSecurityContext ?? RestrictedContainer();
        container.StartupProbe = Probe("/healthz", StartupPeriodSeconds, StartupFailures);
        container.LivenessProbe = pod.LivenessProbe ?? Probe("/healthz", 10, 3);
        container.ReadinessProbe = pod.ReadinessProbe ?? Probe("/readyz", 5, 2);
        container.Lifecycle = pod.Lifecycle ?? new V1Lifecycle
        {
            PreStop = new V1LifecycleHandler { Sleep = new V1SleepAction { Seconds = PreStopSeconds } },
        };
        return new V1Deployment
        {
            Metadata = new V1ObjectMeta { Name = name, Labels = Merge(Names.Labels(cluster.Name, component), selector) },
            Spec = new V1DeploymentSpec
            {
                Replicas = replicas,
                RevisionHistoryLimit = 5,
                ProgressDeadlineSeconds = 600,
                // What existing Deployments of the original select by: a selector cannot be changed.
                Selector = new V1LabelSelector { MatchLabels = selector },
                // A gateway leaves only when another one is there to take its edges.
                Strategy = new V1DeploymentStrategy
                {
                    Type = "RollingUpdate",
                    RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = 1, MaxUnavailable = 0 },
                },
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta
                    {
                        Labels = Merge(pod.Labels, Merge(Names.Labels(cluster.Name, component), selector)),
                        Annotations = redis.Digest is null
                            ? new Dictionary<string, string>(pod.Annotations)
                            : Merge(pod.Annotations, new Dictionary<string, string> { [Names.RedisPasswordAnnotation] = redis.Digest }),
                    },
                    Spec = new V1PodSpec
                    {
                        // The cluster's members are in Redis, so no pod ever asks the API server.
                        AutomountServiceAccountToken = false,
                        EnableServiceLinks = false,
                        ServiceAccountName = Null(pod.ServiceAccountName),
                        PriorityClassName = Null(pod.PriorityClassName),
                        ImagePullSecrets = pod.ImagePullSecrets,
                        NodeSelector = pod.NodeSelector,
                        Tolerations = pod.Tolerations,
                        Affinity = pod.Affinity ?? SpreadOverHosts(selector, nodeAffinity),
                        TopologySpreadConstraints = pod.TopologySpreadConstraints.Count > 0 ? pod.TopologySpreadConstraints : [SpreadOverZones(selector)],
                        SecurityContext = pod.PodSecurityContext ?? RestrictedPod(),
                        TerminationGracePeriodSeconds = ResolvedCluster.GraceOf(pod),
                        Containers = [container],
                        Volumes = volumes,
                    },
                },
            },
        };
    }

    private static List<V1EnvVar> Common(ResolvedCluster cluster, RedisPassword password, PodSpec pod)
    {
        var redis = cluster.Redis;
        List<V1EnvVar> variables =
        [
            Variable("FRONTIER_DRAIN_SECONDS", ResolvedCluster.DrainOf(pod)),
            Field("NODE_NAME", "spec.nodeName"),
            Field("POD_IP", "status.podIP"),
            Field("daemon__frontier_id", "metadata.name"),
            Variable("cluster__cluster_id", $"{cluster.Namespace}.{cluster.Name}"),
            Variable("cluster__silo_port", Names.SiloPort),
            Variable("cluster__gateway_port", Names.OrleansGatewayPort),
            Variable("REDIS_TYPE", redis.RedisType ?? "standalone"),
            Variable("REDIS_ADDRS", string.Join(',', redis.Addrs)),
            Variable("REDIS_DB", redis.Db ?? 0),
        ];
        if (!string.IsNullOrEmpty(redis.User))
        {
            variables.Add(Variable("REDIS_USER", redis.User));
        }

        if (password.Selector is { } selector)
        {
            variables.Add(new V1EnvVar { Name = "REDIS_PASSWORD", ValueFrom = new V1EnvVarSource { SecretKeyRef = selector } });
        }

        if (!string.IsNullOrEmpty(redis.MasterName))
        {
            variables.Add(Variable("MASTER_NAME", redis.MasterName));
        }

        return variables;
    }

    // The names of docs/configuration.md, two underscores for a dot.
    private static List<V1EnvVar> TlsVariables(EdgeTlsSpec? tls)
    {
        if (tls is null)
        {
            return [];
        }

        List<V1EnvVar> variables =
        [
            Variable("edgebound__listen__tls__enable", "true"),
            Variable("edgebound__listen__tls__certs__0__cert", $"{Names.CertificatePath}/tls.crt"),
            Variable("edgebound__listen__tls__certs__0__key", $"{Names.CertificatePath}/tls.key"),
        ];
        if (tls.Optional)
        {
            variables.Add(Variable("edgebound__listen__tls__optional", "true"));
        }

        if (tls.Mtls)
        {
            variables.Add(Variable("edgebound__listen__tls__mtls", "true"));
            variables.Add(Variable("edgebound__listen__tls__ca_certs__0", $"{Names.AuthorityPath}/ca.crt"));
        }

        return variables;
    }

    private static List<V1VolumeMount> TlsMounts(EdgeTlsSpec? tls) => tls switch
    {
        null => [],
        // Whole directories: a file mounted by itself would never change.
        { Mtls: false } => [new V1VolumeMount { Name = "edge-certificate", MountPath = Names.CertificatePath, ReadOnlyProperty = true }],
        _ =>
        [
            new V1VolumeMount { Name = "edge-certificate", MountPath = Names.CertificatePath, ReadOnlyProperty = true },
            new V1VolumeMount { Name = "edge-authorities", MountPath = Names.AuthorityPath, ReadOnlyProperty = true },
        ],
    };

    private static List<V1Volume> TlsVolumes(ResolvedCluster cluster) => cluster.Tls switch
    {
        null => [],
        { Mtls: false } => [SecretVolume("edge-certificate", Names.CertificateSecret(cluster.Name))],
        _ => [SecretVolume("edge-certificate", Names.CertificateSecret(cluster.Name)), SecretVolume("edge-authorities", Names.AuthoritySecret(cluster.Name))],
    };

    // 0440: the process reads it by its group (fsGroup), and nobody writes it.
    private static V1Volume SecretVolume(string name, string secret) =>
        new() { Name = name, Secret = new V1SecretVolumeSource { SecretName = secret, DefaultMode = 0b100_100_000 } };

    // The root is read-only; the runtime keeps its diagnostics sockets here.
    private static V1Volume TemporaryVolume() => new() { Name = "tmp", EmptyDir = new V1EmptyDirVolumeSource { SizeLimit = new ResourceQuantity("64Mi") } };

    private static V1VolumeMount TemporaryMount() => new() { Name = "tmp", MountPath = "/tmp" };

    private static List<V1ContainerPort> CommonPorts() =>
        [Port("health", Names.HealthPort), Port("silo", Names.SiloPort), Port("orleans", Names.OrleansGatewayPort)];

    private static V1ContainerPort Port(string name, int port) => new() { Name = name, ContainerPort = port, Protocol = "TCP" };

    private static V1EnvVar Variable(string name, string value) => new() { Name = name, Value = value };

    private static V1EnvVar Variable(string name, long value) => Variable(name, value.ToString(CultureInfo.InvariantCulture));

    private static V1EnvVar Field(string name, string path) =>
        new() { Name = name, ValueFrom = new V1EnvVarSource { FieldRef = new V1ObjectFieldSelector { ApiVersion = "v1", FieldPath = path } } };

    private static V1Probe Probe(string path, int period, int failures) => new()
    {
        HttpGet = new V1HTTPGetAction { Path = path, Port = "health", Scheme = "HTTP" },
        PeriodSeconds = period,
        TimeoutSeconds = 3,
        FailureThreshold = failures,
        SuccessThreshold = 1,
    };

    private static V1ResourceRequirements Resources(string cpu, string memory, string memoryLimit) => new()
    {
        Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new(cpu), ["memory"] = new(memory) },
        // No limit on CPU: a gateway that is throttled delays every edge.
        Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new(memoryLimit) },
    };

    private static V1PodSecurityContext RestrictedPod() => new()
    {
        RunAsNonRoot = true,
        RunAsUser = 65532,
        RunAsGroup = 65532,
        FsGroup = 65532,
        SeccompProfile = new V1SeccompProfile { Type = "RuntimeDefault" },
    };

    private static V1SecurityContext RestrictedContainer() => new()
    {
        AllowPrivilegeEscalation = false,
        ReadOnlyRootFilesystem = true,
        RunAsNonRoot = true,
        Capabilities = new V1Capabilities { Drop = ["ALL"] },
    };

    // Preferred, not required: a cluster with fewer hosts than pods still gets its pods.
    private static V1Affinity SpreadOverHosts(Dictionary<string, string> selector, V1NodeAffinity? nodeAffinity) => new()
    {
        NodeAffinity = nodeAffinity is { RequiredDuringSchedulingIgnoredDuringExecution: null, PreferredDuringSchedulingIgnoredDuringExecution: null or { Count: 0 } }
            ? null
            : nodeAffinity,
        PodAntiAffinity = new V1PodAntiAffinity
        {
            PreferredDuringSchedulingIgnoredDuringExecution =
            [
                new V1WeightedPodAffinityTerm
                {
                    Weight = 100,
                    PodAffinityTerm = new V1PodAffinityTerm
                    {
                        TopologyKey = "kubernetes.io/hostname",
                        LabelSelector = new V1LabelSelector { MatchLabels = selector },
                    },
                },
            ],
        },
    };

    private static V1TopologySpreadConstraint SpreadOverZones(Dictionary<string, string> selector) => new()
    {
        MaxSkew = 1,
        TopologyKey = "topology.kubernetes.io/zone",
        WhenUnsatisfiable = "ScheduleAnyway",
        LabelSelector = new V1LabelSelector { MatchLabels = selector },
    };

    private static Dictionary<string, string> Merge(IDictionary<string, string> below, IDictionary<string, string> above)
    {
        var merged = new Dictionary<string, string>(below);
        foreach (var (key, value) in above)
        {
            merged[key] = value;
        }

        return merged;
    }

    private static string? Null(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

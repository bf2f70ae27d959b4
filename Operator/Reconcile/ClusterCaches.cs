using Frontier.Operator.Api;
using Frontier.Operator.Desired;
using Frontier.Operator.Kube;

namespace Frontier.Operator.Reconcile;

/// <summary>What is known of the objects that matter to clusters, kept up to date by one informer for each kind.</summary>
internal sealed class ClusterCaches
{
    // What the operator makes is found by its label. Secrets are all needed: users' own have none of its labels.
    private static readonly ResourceType[] Labelled =
    [
        ResourceType.Deployments, ResourceType.Services, ResourceType.PodDisruptionBudgets, ResourceType.HorizontalPodAutoscalers, ResourceType.NetworkPolicies,
    ];

    private readonly Dictionary<ResourceType, Informer> _informers;

    /// <summary>Makes the informers; they start with <see cref="RunAsync"/>.</summary>
    public ClusterCaches(KubeApi api, string? @namespace, TimeSpan resync, OperatorMetrics metrics, ILoggerFactory loggers)
    {
        _informers = new[] { ResourceType.FrontierClusters, ResourceType.Secrets }
            .Concat(Labelled)
            .ToDictionary(type => type, type => new Informer(
                api,
                new InformerSettings(type, @namespace, Labelled.Contains(type) ? $"{Names.ManagedByLabel}={Names.ManagedBy}" : null, resync),
                metrics,
                loggers.CreateLogger<Informer>()));
        foreach (var informer in _informers.Values)
        {
            informer.Seen += seen => Tell(informer.Type, seen);
        }
    }

    /// <summary>Something that bears on a cluster has changed.</summary>
    public event Action<ObjectKey>? Affected;

    /// <summary>The kinds whose objects are kept.</summary>
    public IEnumerable<ResourceType> OwnedTypes => _informers.Keys.Where(type => type != ResourceType.FrontierClusters);

    /// <summary>Ends when every kind has been listed.</summary>
    public Task Synced => Task.WhenAll(_informers.Values.Select(informer => informer.Synced));

    /// <summary>What is known of a kind.</summary>
    public ObjectCache Of(ResourceType type) => _informers[type].Cache;

    /// <summary>Runs all informers until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(_informers.Values.Select(informer => informer.RunAsync(cancellationToken)));

    private void Tell(ResourceType type, KubeObject seen)
    {
        if (type == ResourceType.FrontierClusters)
        {
            Affected?.Invoke(seen.Key);
            return;
        }

        if (seen.Controller is { } owner && owner["kind"]?.GetValue<string>() == FrontierCluster.KindName)
        {
            Affected?.Invoke(new ObjectKey(seen.Key.Namespace, owner["name"]?.GetValue<string>() ?? ""));
        }

        if (type == ResourceType.Secrets)
        {
            foreach (var cluster in Of(ResourceType.FrontierClusters).All.Where(cluster => cluster.Key.Namespace == seen.Key.Namespace && Refers(cluster, seen.Name)))
            {
                Affected?.Invoke(cluster.Key);
            }
        }
    }

    private static bool Refers(KubeObject cluster, string secret)
    {
        var spec = cluster.Json["spec"];
        var tls = spec?["frontier"]?["edgebound"]?["tls"];
        return IsNamed(tls?["certificateKeySecretRef"]) || IsNamed(tls?["caCertificateSecretRef"]) || IsNamed(spec?["frontlas"]?["redis"]?["passwordSecret"]);

        bool IsNamed(System.Text.Json.Nodes.JsonNode? reference) =>
            reference is System.Text.Json.Nodes.JsonObject && reference["name"]?.GetValue<string>() == secret;
    }
}

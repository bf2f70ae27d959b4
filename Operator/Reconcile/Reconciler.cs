using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Frontier.Operator.Api;
using Frontier.Operator.Desired;
using Frontier.Operator.Kube;
using k8s;
using k8s.Models;

namespace Frontier.Operator.Reconcile;

/// <summary>Makes one cluster what it should be: plans, writes what differs, removes what is left over, and says how it is.</summary>
internal sealed partial class Reconciler(
    KubeApi api, ClusterCaches caches, MonitoringProbe monitoring, EventRecorder events, OperatorDefaults defaults, TimeProvider time, ILogger<Reconciler> logger)
{
    // The original's: how soon a cluster that is not ready is looked at again. Changes come sooner, by the watches.
    private static readonly TimeSpan NotReady = TimeSpan.FromSeconds(10);

    // What the API server answered to an apply, and what was asked: a server that writes a value in another form would otherwise be asked for ever. By
    // cluster, which one worker at a time looks at.
    private readonly ConcurrentDictionary<ObjectKey, Dictionary<(ResourceType Type, ObjectKey Key), (string Asked, string ResourceVersion)>> _answers = new();

    /// <summary>Looks at a cluster.</summary>
    /// <param name="key">Which.</param>
    /// <param name="cancellationToken">Gives up, between two requests.</param>
    /// <returns>When to look again though nothing changed; null for never.</returns>
    /// <exception cref="KubeException">The API server refuses something that may work later.</exception>
    public async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (caches.Of(ResourceType.FrontierClusters).Find(key) is not { IsDeleting: false } seen)
        {
            _answers.TryRemove(key, out _);
            return null; // Its objects go with it: the garbage collector knows their owner.
        }

        FrontierCluster cluster;
        try
        {
            cluster = seen.As<FrontierCluster>();
        }
        catch (JsonException error)
        {
            // Only a resource that is older than the CRD's schema can be so; there is no status type to answer with.
            Log.Unreadable(logger, key, error.Message);
            return null;
        }

        // Looked at once: the plan keeps the number of pods that an autoscaler has set, and must be compared with the state it was made for.
        var gateways = caches.Of(ResourceType.Deployments).Find(new ObjectKey(key.Namespace, Names.Frontier(key.Name)));
        var plan = Planner.Create(cluster, await LookAroundAsync(cluster, gateways, cancellationToken), defaults);
        var problems = plan.Problems.ToList();
        var isThere = false;
        foreach (var wanted in plan.Objects)
        {
            var observed = gateways is not null && wanted.Type == ResourceType.Deployments && wanted.Key == gateways.Key
                ? gateways
                : await FindAsync(wanted, cancellationToken);
            if (observed is null && !isThere)
            {
                // When a cluster is deleted, the end of its objects may be told before its own. They must not be made again then.
                if (!await IsThereAsync(cluster, cancellationToken))
                {
                    return null;
                }

                isThere = true;
            }

            if (await WriteAsync(cluster, wanted, observed, cancellationToken) is { } problem)
            {
                problems.Add(problem);
            }
        }

        // Not while something could not be written: what runs may still need what is left over.
        if (plan.IsComplete && problems.Count == plan.Problems.Count)
        {
            await RemoveLeftoversAsync(cluster, plan, cancellationToken);
        }

        var status = StatusRules.Compute(
            cluster, problems, FindOwn(Names.Frontier(key.Name)), FindOwn(Names.Frontlas(key.Name)), Now());
        await WriteStatusAsync(cluster, status, cancellationToken);
        return status.Phase == Phases.Running && StatusRules.Find(status, ConditionTypes.Progressing)!.Status == "False" ? null : NotReady;

        V1Deployment? FindOwn(string name) =>
            caches.Of(ResourceType.Deployments).Find(new ObjectKey(key.Namespace, name)) is { } found && found.ControllerUid == cluster.Metadata.Uid
                ? found.As<V1Deployment>()
                : null;
    }

    private async Task<Surroundings> LookAroundAsync(FrontierCluster cluster, KubeObject? gateways, CancellationToken cancellationToken)
    {
        var @namespace = cluster.Metadata.NamespaceProperty;
        return new Surroundings
        {
            FindSecret = name => caches.Of(ResourceType.Secrets).Find(new ObjectKey(@namespace, name))?.As<V1Secret>(),
            FrontierReplicas = gateways?.Json["spec"]?["replicas"]?.GetValue<int>(),
            HasServiceMonitors = cluster.Spec.Monitoring is { ServiceMonitor: true } && await monitoring.HasServiceMonitorsAsync(cancellationToken),
            Now = time.GetUtcNow(),
        };
    }

    // Null when the object is as it should be; otherwise why it cannot be.
    private async Task<Problem?> WriteAsync(
        FrontierCluster cluster, DesiredObject wanted, KubeObject? observed, CancellationToken cancellationToken)
    {
        if (observed is not null && observed.ControllerUid is { } owner && owner != cluster.Metadata.Uid)
        {
            return new Problem(ProblemSeverity.Failed, "NotOwned", $"{wanted.Type.Kind} {wanted.Key.Name} belongs to another {observed.Controller!["kind"]}");
        }

        var asked = wanted.Json["metadata"]!["annotations"]![Names.AppliedAnnotation]!.GetValue<string>();
        if (observed is { IsDeleting: true }
            || !Applied.Differs(wanted.Json, observed)
            || (wanted.Type != ResourceType.Secrets
                && AnswersOf(cluster).TryGetValue((wanted.Type, wanted.Key), out var answer)
                && answer == (asked, observed?.ResourceVersion ?? "")))
        {
            return null;
        }

        try
        {
            var body = wanted.Json;
            if (cluster.Spec.Frontier?.Autoscaling is not null && wanted.Type == ResourceType.Deployments && observed is not null)
            {
                // With the version: what the autoscaler decides meanwhile must not be undone.
                body = body.DeepClone().AsObject();
                body["metadata"]!["resourceVersion"] = observed.ResourceVersion;
            }

            var applied = await api.ApplyAsync(wanted.Type, body, Names.FieldManager, null, cancellationToken);
            AnswersOf(cluster)[(wanted.Type, wanted.Key)] = (asked, applied.ResourceVersion);
            if (wanted.Type != ResourceType.ServiceMonitors)
            {
                // The watch tells of it later; until then this is what there is.
                caches.Of(wanted.Type).Put(applied);
            }

            Log.Applied(logger, wanted.Type.Kind, wanted.Key, observed is null ? "made" : "changed");
            return null;
        }
        catch (KubeException error) when (error.IsRefusal)
        {
            return new Problem(ProblemSeverity.Failed, "Refused", $"{wanted.Type.Kind} {wanted.Key.Name}: {error.Message}");
        }
    }

    private Dictionary<(ResourceType Type, ObjectKey Key), (string Asked, string ResourceVersion)> AnswersOf(FrontierCluster cluster) =>
        _answers.GetOrAdd(new ObjectKey(cluster.Metadata.NamespaceProperty, cluster.Metadata.Name), _ => []);

    private async Task<bool> IsThereAsync(FrontierCluster cluster, CancellationToken cancellationToken) =>
        await api.GetAsync(
            ResourceType.FrontierClusters, new ObjectKey(cluster.Metadata.NamespaceProperty, cluster.Metadata.Name), cancellationToken) is { IsDeleting: false } now
        && now.Uid == cluster.Metadata.Uid;

    // The cache holds what has the operator's label. What has not may still be there, made by the original's operator or by somebody else.
    private async Task<KubeObject?> FindAsync(DesiredObject wanted, CancellationToken cancellationToken) =>
        wanted.Type == ResourceType.ServiceMonitors
            ? await api.GetAsync(wanted.Type, wanted.Key, cancellationToken)
            : caches.Of(wanted.Type).Find(wanted.Key) ?? await api.GetAsync(wanted.Type, wanted.Key, cancellationToken);

    private async Task RemoveLeftoversAsync(FrontierCluster cluster, Plan plan, CancellationToken cancellationToken)
    {
        var wanted = plan.Objects.Select(item => (item.Type, item.Key)).ToHashSet();
        // First: as long as its Service is there, it is looked for again.
        await RemoveMonitorAsync(cluster, wanted, cancellationToken);
        foreach (var type in caches.OwnedTypes)
        {
            foreach (var item in caches.Of(type).All.Where(item => item.ControllerUid == cluster.Metadata.Uid && !item.IsDeleting && !wanted.Contains((type, item.Key))))
            {
                await api.DeleteAsync(type, item, cancellationToken);
                caches.Of(type).Remove(item.Key);
                Log.Removed(logger, type.Kind, item.Key);
            }
        }
    }

    // ServiceMonitors are not watched: many clusters have no such kind. The Service that is made with one tells that there may be one.
    private async Task RemoveMonitorAsync(FrontierCluster cluster, HashSet<(ResourceType Type, ObjectKey Key)> wanted, CancellationToken cancellationToken)
    {
        var key = new ObjectKey(cluster.Metadata.NamespaceProperty, Names.Metrics(cluster.Metadata.Name));
        if (!wanted.Contains((ResourceType.Services, key))
            && caches.Of(ResourceType.Services).Find(key)?.ControllerUid == cluster.Metadata.Uid
            && await api.GetAsync(ResourceType.ServiceMonitors, key, cancellationToken) is { } left
            && left.ControllerUid == cluster.Metadata.Uid)
        {
            await api.DeleteAsync(ResourceType.ServiceMonitors, left, cancellationToken);
            Log.Removed(logger, ResourceType.ServiceMonitors.Kind, key);
        }
    }

    private async Task WriteStatusAsync(FrontierCluster cluster, FrontierClusterStatus status, CancellationToken cancellationToken)
    {
        var before = KubernetesJson.Serialize(cluster.Status ?? new FrontierClusterStatus());
        var after = KubernetesJson.Serialize(status);
        if (before == after)
        {
            return;
        }

        // The events first: should the process end between the two, the status still tells that they are due, and their names that they have been told.
        foreach (var transition in Transition.Between(cluster.Status, status))
        {
            Log.Changed(logger, new ObjectKey(cluster.Metadata.NamespaceProperty, cluster.Metadata.Name), transition.Reason, transition.Message);
            await events.TellAsync(cluster, transition, $"{cluster.Metadata.Generation}\n{before}", cancellationToken);
        }

        var applied = await api.ApplyAsync(
            ResourceType.FrontierClusters,
            new JsonObject
            {
                ["apiVersion"] = cluster.ApiVersion,
                ["kind"] = cluster.Kind,
                // With the version: a status worked out from an old spec must not stand beside a new one.
                ["metadata"] = new JsonObject
                {
                    ["name"] = cluster.Metadata.Name,
                    ["namespace"] = cluster.Metadata.NamespaceProperty,
                    ["resourceVersion"] = cluster.Metadata.ResourceVersion,
                },
                ["status"] = JsonNode.Parse(after),
            },
            Names.StatusFieldManager,
            "status",
            cancellationToken);
        caches.Of(ResourceType.FrontierClusters).Put(applied);
    }

    // Kubernetes' times have whole seconds; with more, a status would differ from itself after it was read again.
    private DateTime Now()
    {
        var now = time.GetUtcNow().UtcDateTime;
        return new DateTime(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), DateTimeKind.Utc);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Kind} {Key} was {What}")]
        public static partial void Applied(ILogger logger, string kind, ObjectKey key, string what);

        [LoggerMessage(2, LogLevel.Information, "{Kind} {Key} is not needed any more and was deleted")]
        public static partial void Removed(ILogger logger, string kind, ObjectKey key);

        [LoggerMessage(3, LogLevel.Information, "{Key}: {Reason}: {Message}")]
        public static partial void Changed(ILogger logger, ObjectKey key, string reason, string message);

        [LoggerMessage(4, LogLevel.Error, "{Key} cannot be read: {Problem}")]
        public static partial void Unreadable(ILogger logger, ObjectKey key, string problem);
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using Frontier.Operator.Kube;

namespace Frontier.Operator.Tests.Support.ApiServer;

/// <summary>
/// The two controllers of Kubernetes that the operator relies on, reduced to what it sees of them: Deployments whose pods become ready, and garbage collection.
/// </summary>
internal sealed class ClusterControllers
{
    private readonly ObjectStore _store;
    private int _held;

    public ClusterControllers(ObjectStore store)
    {
        _store = store;
        store.Changed += change =>
        {
            if (change.Type == ResourceType.Deployments && change.After is not null && Volatile.Read(ref _held) == 0)
            {
                Settle(new KubeObject(change.After).Key, null, null);
            }

            if (change.After is null && change.Type == ResourceType.FrontierClusters)
            {
                Collect(change.Before!["metadata"]!["uid"]!.GetValue<string>());
            }
        };
    }

    /// <summary>From now on pods get ready only when <see cref="Settle"/> says so.</summary>
    public void Hold() => Volatile.Write(ref _held, 1);

    /// <summary>From now on pods get ready at once; those that wait do now.</summary>
    public void Release()
    {
        Volatile.Write(ref _held, 0);
        foreach (var deployment in _store.List(ResourceType.Deployments, null).Items)
        {
            Settle(new KubeObject(deployment).Key, null, null);
        }
    }

    /// <summary>Writes a Deployment's status.</summary>
    /// <param name="key">Which.</param>
    /// <param name="ready">How many of its pods are ready; null for all.</param>
    /// <param name="failure">Why it does not get further; null when it does.</param>
    public void Settle(ObjectKey key, int? ready, string? failure) => _store.Edit(ResourceType.Deployments, key, (deployment, _) =>
    {
        if (deployment is null)
        {
            return null;
        }

        var wanted = deployment["spec"]!["replicas"]!.GetValue<int>();
        var count = ready ?? wanted;
        deployment["status"] = new JsonObject
        {
            ["observedGeneration"] = deployment["metadata"]!["generation"]!.GetValue<long>(),
            ["replicas"] = wanted,
            ["updatedReplicas"] = wanted,
            ["readyReplicas"] = count,
            ["availableReplicas"] = count,
            ["conditions"] = new JsonArray(
                Condition("Available", count >= wanted, "MinimumReplicasAvailable"),
                Condition("Progressing", failure is null, failure ?? "NewReplicaSetAvailable")),
        };
        return deployment;
    });

    private static JsonObject Condition(string type, bool holds, string reason) => new()
    {
        ["type"] = type,
        ["status"] = holds ? "True" : "False",
        ["reason"] = reason,
        ["message"] = string.Create(CultureInfo.InvariantCulture, $"ReplicaSet says {reason}"),
    };

    private void Collect(string owner)
    {
        foreach (var item in _store.All().Select(json => new KubeObject(json)).Where(item => item.ControllerUid == owner))
        {
            var type = new[]
            {
                ResourceType.Deployments, ResourceType.Services, ResourceType.Secrets, ResourceType.PodDisruptionBudgets,
                ResourceType.HorizontalPodAutoscalers, ResourceType.NetworkPolicies, ResourceType.ServiceMonitors,
            }.Single(type => type.Kind == item.Kind);
            _store.Edit(type, item.Key, (_, _) => null);
        }
    }
}

using Frontier.Operator.Desired;
using k8s.Models;

namespace Frontier.Operator.Reconcile;

/// <summary>How far a Deployment is.</summary>
/// <param name="Wanted">How many pods it asks for.</param>
/// <param name="Ready">How many are ready.</param>
/// <param name="IsComplete">Whether all of them are of its latest revision and ready, and no others are left.</param>
/// <param name="IsRolling">Whether pods of its latest revision are still missing, or others left.</param>
/// <param name="Failures">What Kubernetes says is wrong with it.</param>
internal sealed record Rollout(int Wanted, int Ready, bool IsComplete, bool IsRolling, IReadOnlyList<Problem> Failures)
{
    /// <summary>Of a Deployment; null for none.</summary>
    public static Rollout Of(V1Deployment? deployment, string who)
    {
        if (deployment is null)
        {
            return new Rollout(0, 0, false, true, []);
        }

        var wanted = deployment.Spec?.Replicas ?? 1;
        var status = deployment.Status ?? new V1DeploymentStatus();
        var ready = status.ReadyReplicas ?? 0;
        var isSeen = (status.ObservedGeneration ?? 0) >= (deployment.Metadata.Generation ?? 0);
        var isRolling = !isSeen || (status.UpdatedReplicas ?? 0) != wanted || (status.Replicas ?? 0) != wanted;
        return new Rollout(wanted, ready, !isRolling && ready == wanted, isRolling, isSeen ? Failed(status, who) : []);
    }

    private static List<Problem> Failed(V1DeploymentStatus status, string who)
    {
        var failures = new List<Problem>();
        foreach (var condition in status.Conditions ?? [])
        {
            if (condition is { Type: "Progressing", Status: "False", Reason: "ProgressDeadlineExceeded" })
            {
                failures.Add(new Problem(ProblemSeverity.Failed, "ProgressDeadlineExceeded", $"the {who} do not come up: {condition.Message}"));
            }
            else if (condition is { Type: "ReplicaFailure", Status: "True" })
            {
                failures.Add(new Problem(ProblemSeverity.Failed, "ReplicaFailure", $"pods of the {who} cannot be made: {condition.Message}"));
            }
        }

        return failures;
    }
}

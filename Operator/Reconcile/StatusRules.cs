using Frontier.Operator.Api;
using Frontier.Operator.Desired;
using k8s.Models;

namespace Frontier.Operator.Reconcile;

/// <summary>Works out a cluster's status from what there is. Asks nobody: the same state gives the same status.</summary>
internal static class StatusRules
{
    /// <summary>The status.</summary>
    /// <param name="cluster">The cluster, with the status it has.</param>
    /// <param name="problems">What stands in the way of what is wanted.</param>
    /// <param name="frontier">The gateways' Deployment; null without one.</param>
    /// <param name="frontlas">The silos' Deployment; null without one.</param>
    /// <param name="now">The time of what changes now.</param>
    public static FrontierClusterStatus Compute(
        FrontierCluster cluster, IReadOnlyList<Problem> problems, V1Deployment? frontier, V1Deployment? frontlas, DateTime now)
    {
        var previous = cluster.Status ?? new FrontierClusterStatus();
        var generation = cluster.Metadata.Generation ?? 0;
        var gateways = Rollout.Of(frontier, "gateways");
        var silos = Rollout.Of(frontlas, "silos");
        var all = problems.Concat(gateways.Failures).Concat(silos.Failures).OrderByDescending(problem => problem.Severity).ToList();
        var worst = all.Count > 0 ? all[0].Severity : (ProblemSeverity?)null;
        var isAvailable = gateways.Ready > 0 && silos.Ready > 0;
        var isComplete = gateways.IsComplete && silos.IsComplete && worst is null or ProblemSeverity.Warning;
        var hadCompleted = previous.ObservedGeneration == generation
            && Find(previous, ConditionTypes.Progressing) is { Status: "False", Reason: "Complete" };
        var counts = $"{gateways.Ready} of {gateways.Wanted} gateways and {silos.Ready} of {silos.Wanted} silos are ready";
        var troubles = string.Join("; ", all.Select(problem => problem.Message));

        var (progressing, progressReason, progressMessage) = worst switch
        {
            ProblemSeverity.Failed => ("False", "Blocked", troubles),
            ProblemSeverity.Waiting => ("False", "Waiting", troubles),
            // What was there once and is missing now is no progress.
            _ when isComplete || (hadCompleted && !gateways.IsRolling && !silos.IsRolling) => ("False", "Complete", "every pod is as the spec asks for"),
            _ => ("True", "RollingOut", counts),
        };
        var lost = hadCompleted && progressing == "False" && !isComplete;
        var (degraded, degradedReason, degradedMessage) = (all.Count, lost) switch
        {
            ( > 0, _) => ("True", all[0].Reason, troubles),
            (_, true) => ("True", "PodsNotReady", counts),
            _ => ("False", "AsExpected", "nothing is missing"),
        };
        var (available, availableReason) = (isAvailable, gateways.Wanted == 0 || silos.Wanted == 0) switch
        {
            (true, _) => ("True", "Serving"),
            (_, true) => ("False", "ScaledToZero"),
            _ => ("False", "NotReady"),
        };

        var phase = worst == ProblemSeverity.Failed ? Phases.Failed
            : isAvailable && (isComplete || previous.Phase == Phases.Running || hadCompleted) ? Phases.Running
            : Phases.Pending;
        return new FrontierClusterStatus
        {
            Phase = phase,
            Message = all.Count > 0 ? troubles : counts,
            ObservedGeneration = generation,
            FrontierReadyReplicas = gateways.Ready,
            FrontlasReadyReplicas = silos.Ready,
            Conditions =
            [
                Condition(ConditionTypes.Available, available, availableReason, counts),
                Condition(ConditionTypes.Progressing, progressing, progressReason, progressMessage),
                Condition(ConditionTypes.Degraded, degraded, degradedReason, degradedMessage),
            ],
        };

        V1Condition Condition(string type, string status, string reason, string message) => new()
        {
            Type = type,
            Status = status,
            Reason = reason,
            Message = message,
            ObservedGeneration = generation,
            LastTransitionTime = Find(previous, type) is { } old && old.Status == status ? old.LastTransitionTime : now,
        };
    }

    /// <summary>A condition of a status; null when it has none of that type.</summary>
    public static V1Condition? Find(FrontierClusterStatus? status, string type) => status?.Conditions?.FirstOrDefault(condition => condition.Type == type);
}

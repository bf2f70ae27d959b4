using Frontier.Operator.Api;

namespace Frontier.Operator.Reconcile;

/// <summary>A change of a cluster that people are told of, as an event.</summary>
/// <param name="IsWarning">Whether it is bad news.</param>
/// <param name="Reason">One word.</param>
/// <param name="Message">A sentence.</param>
internal sealed record Transition(bool IsWarning, string Reason, string Message)
{
    /// <summary>What changed between two statuses.</summary>
    public static IEnumerable<Transition> Between(FrontierClusterStatus? before, FrontierClusterStatus after)
    {
        var message = after.Message ?? "";
        if (before?.Phase != after.Phase)
        {
            yield return new Transition(after.Phase == Phases.Failed, after.Phase!, message);
        }
        else if (after.Phase == Phases.Failed && before?.Message != message)
        {
            // Failed for another reason.
            yield return new Transition(true, Phases.Failed, message);
        }

        var degraded = StatusRules.Find(after, ConditionTypes.Degraded)!;
        var wasDegraded = StatusRules.Find(before, ConditionTypes.Degraded);
        if (degraded.Status == "True" && after.Phase != Phases.Failed && (wasDegraded?.Status != "True" || wasDegraded.Reason != degraded.Reason))
        {
            yield return new Transition(true, degraded.Reason, degraded.Message);
        }
        else if (degraded.Status == "False" && wasDegraded?.Status == "True")
        {
            yield return new Transition(false, "Recovered", message);
        }

        var progressing = StatusRules.Find(after, ConditionTypes.Progressing)!;
        var wasProgressing = StatusRules.Find(before, ConditionTypes.Progressing);
        if (wasProgressing is not null && wasProgressing.Status != progressing.Status)
        {
            if (progressing.Status == "True")
            {
                yield return new Transition(false, "RollingOut", message);
            }
            else if (progressing.Reason == "Complete")
            {
                yield return new Transition(false, "RolledOut", message);
            }
        }
    }
}

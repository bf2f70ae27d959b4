namespace Frontier.Operator.Desired;

/// <summary>Something about a cluster that the operator cannot mend.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Reason">One word, for conditions and events.</param>
/// <param name="Message">A sentence for people.</param>
internal sealed record Problem(ProblemSeverity Severity, string Reason, string Message);

/// <summary>How bad a problem is.</summary>
internal enum ProblemSeverity
{
    /// <summary>Everything is written nevertheless.</summary>
    Warning,

    /// <summary>Something is missing that may still come; what needs it waits.</summary>
    Waiting,

    /// <summary>Somebody has to change something.</summary>
    Failed,
}

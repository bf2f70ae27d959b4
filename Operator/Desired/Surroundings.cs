using k8s.Models;

namespace Frontier.Operator.Desired;

/// <summary>What there is beside the cluster's own resource and bears on what is wanted.</summary>
internal sealed record Surroundings
{
    /// <summary>Finds a Secret of the cluster's namespace; null when there is none.</summary>
    public required Func<string, V1Secret?> FindSecret { get; init; }

    /// <summary>How many gateway pods the Deployment asks for now; null without one. An autoscaler may have set it.</summary>
    public int? FrontierReplicas { get; init; }

    /// <summary>Whether the API server knows ServiceMonitors.</summary>
    public bool HasServiceMonitors { get; init; }

    /// <summary>The time, for the validity of certificates.</summary>
    public required DateTimeOffset Now { get; init; }
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using k8s.Models;

namespace Frontier.Operator.Api;

/// <summary>What there is.</summary>
[Description("What there is.")]
public sealed class FrontierClusterStatus
{
    /// <summary>One word for people: one of <see cref="Phases"/>.</summary>
    [JsonPropertyName("phase"), AllowedValues(Phases.Running, Phases.Failed, Phases.Pending), Description("Pending until everything serves; Failed when somebody has to do something.")]
    public string? Phase { get; set; }

    /// <summary>Why the phase is what it is.</summary>
    [JsonPropertyName("message"), Description("Why the phase is what it is.")]
    public string? Message { get; set; }

    /// <summary>Available, Progressing, Degraded.</summary>
    [JsonPropertyName("conditions"), Description("Available, Progressing, Degraded.")]
    public IList<V1Condition> Conditions { get; set; } = [];

    /// <summary>Which generation of the spec this is about.</summary>
    [JsonPropertyName("observedGeneration"), Description("Which generation of the spec this is about.")]
    public long? ObservedGeneration { get; set; }

    /// <summary>Gateway pods that are ready.</summary>
    [JsonPropertyName("frontierReadyReplicas"), Range(0, int.MaxValue), Description("Gateway pods that are ready.")]
    public int FrontierReadyReplicas { get; set; }

    /// <summary>Silo pods that are ready.</summary>
    [JsonPropertyName("frontlasReadyReplicas"), Range(0, int.MaxValue), Description("Silo pods that are ready.")]
    public int FrontlasReadyReplicas { get; set; }
}

/// <summary>The phases of a cluster.</summary>
public static class Phases
{
    /// <summary>It does not serve yet, or not any more.</summary>
    public const string Pending = "Pending";

    /// <summary>It serves.</summary>
    public const string Running = "Running";

    /// <summary>It will not get further until somebody changes something.</summary>
    public const string Failed = "Failed";
}

/// <summary>The types of a cluster's conditions.</summary>
public static class ConditionTypes
{
    /// <summary>Edges and services can connect.</summary>
    public const string Available = "Available";

    /// <summary>The pods are on their way to what the spec asks for.</summary>
    public const string Progressing = "Progressing";

    /// <summary>Something is missing or wrong.</summary>
    public const string Degraded = "Degraded";
}

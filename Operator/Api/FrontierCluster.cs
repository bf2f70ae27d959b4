using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace Frontier.Operator.Api;

/// <summary>One Frontier in a Kubernetes cluster: gateway pods that edges and services connect to, and silo pods beside them.</summary>
public sealed class FrontierCluster : IKubernetesObject<V1ObjectMeta>, ISpec<FrontierClusterSpec>, IStatus<FrontierClusterStatus?>
{
    /// <summary>The API group.</summary>
    public const string Group = "frontier.singchia.io";

    /// <summary>The API version.</summary>
    public const string Version = "v1alpha1";

    /// <summary>The kind.</summary>
    public const string KindName = "FrontierCluster";

    /// <summary>The resource's name in paths.</summary>
    public const string Plural = "frontierclusters";

    /// <inheritdoc/>
    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = $"{Group}/{Version}";

    /// <inheritdoc/>
    [JsonPropertyName("kind")]
    public string Kind { get; set; } = KindName;

    /// <inheritdoc/>
    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <inheritdoc/>
    [JsonPropertyName("spec")]
    public FrontierClusterSpec Spec { get; set; } = new();

    /// <inheritdoc/>
    [JsonPropertyName("status")]
    public FrontierClusterStatus? Status { get; set; }
}

namespace Frontier.Operator.Kube;

/// <summary>What an informer looks at.</summary>
/// <param name="Type">The kind.</param>
/// <param name="Namespace">The namespace; null for all.</param>
/// <param name="LabelSelector">Labels the objects must have; null for any.</param>
/// <param name="Resync">How often every object is told anew; also how long one watch lasts.</param>
internal sealed record InformerSettings(ResourceType Type, string? Namespace, string? LabelSelector, TimeSpan Resync);

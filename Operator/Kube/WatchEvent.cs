namespace Frontier.Operator.Kube;

/// <summary>A change that a watch tells of.</summary>
/// <param name="Type">ADDED, MODIFIED, DELETED or BOOKMARK.</param>
/// <param name="Object">The object after the change, or before its deletion; of a bookmark only the version.</param>
internal sealed record WatchEvent(string Type, KubeObject Object);

using System.Text.Json.Nodes;
using Frontier.Operator.Kube;

namespace Frontier.Operator.Desired;

/// <summary>What should be, for one cluster.</summary>
/// <param name="Objects">The objects, in the order in which they are to be written.</param>
/// <param name="Problems">What stands in the way.</param>
/// <param name="IsComplete">Whether these are all objects there should be, so that others of the cluster can go.</param>
internal sealed record Plan(IReadOnlyList<DesiredObject> Objects, IReadOnlyList<Problem> Problems, bool IsComplete);

/// <summary>An object that should be.</summary>
/// <param name="Type">Its kind.</param>
/// <param name="Json">What the operator wants of it; the API server fills in the rest.</param>
internal sealed record DesiredObject(ResourceType Type, JsonObject Json)
{
    /// <summary>Namespace and name.</summary>
    public ObjectKey Key => new KubeObject(Json).Key;
}

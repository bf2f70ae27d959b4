namespace Frontier.Operator.Kube;

/// <summary>Which object of a kind.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
internal readonly record struct ObjectKey(string Namespace, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Name}";
}

namespace Frontier.Gateway;

/// <summary>The name of a listener, shared by all its connections.</summary>
internal sealed class ListenerNameFeature(string name) : IListenerNameFeature
{
    /// <inheritdoc/>
    public string ListenerName => name;
}

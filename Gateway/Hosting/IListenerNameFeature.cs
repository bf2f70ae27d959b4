namespace Frontier.Gateway;

/// <summary>Which listener a connection, or an HTTP request on it, came in by.</summary>
public interface IListenerNameFeature
{
    /// <summary>The listener's name; see <see cref="FrontierEndpoints"/>.</summary>
    string ListenerName { get; }
}

using Frontier.Gateway;

namespace Frontier.Silo;

/// <summary>Keeps the pipelines of the process's HTTP listeners apart.</summary>
internal static class ListenerBranch
{
    /// <summary>
    /// Adds a pipeline for the requests of one listener. It goes by the socket a request came in by: the Host header is the peer's to choose.
    /// </summary>
    public static void UseListener(this IApplicationBuilder app, string name, Action<IApplicationBuilder> configure) =>
        app.MapWhen(context => context.Features.Get<IListenerNameFeature>()?.ListenerName == name, configure);
}

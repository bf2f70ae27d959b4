using System.Net.Mime;
using Frontier.Gateway;

namespace Frontier.Silo;

/// <summary>The control plane's port, which serves no methods in this version and says so.</summary>
internal static class ControlPlaneEndpoint
{
    private const string NothingServed = """{"error":"no control plane methods are served yet"}""";

    /// <summary>Answers whatever comes in by the control plane's listener.</summary>
    public static void UseControlPlane(this IApplicationBuilder app) => app.UseListener(FrontierEndpoints.Controlplane, branch => branch.Run(context =>
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.ContentType = MediaTypeNames.Application.Json;
        return context.Response.WriteAsync(NothingServed);
    }));
}

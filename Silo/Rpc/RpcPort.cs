using System.Text.Json.Nodes;
using Grpc.Core;

namespace Frontier.Silo;

/// <summary>What the ports for gRPC and REST have in common.</summary>
internal static class RpcPort
{
    /// <summary>Requests carry a few arguments; a large one is a mistake or worse.</summary>
    private const int MaxRequestBytes = 256 * 1024;

    /// <summary>Registers what gRPC needs, once for the process.</summary>
    public static void AddRpc(this IServiceCollection services) => services
        .AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MaxRequestBytes;
            grpc.Interceptors.Add<ErrorInterceptor>();
        })
        .AddJsonTranscoding(rest =>
        {
            // As protobuf's JSON mapping has it, and the original: 64-bit numbers as text, members that are empty, too.
            rest.JsonSettings.WriteInt64sAsStrings = true;
            rest.JsonSettings.IgnoreDefaultValues = false;
        });

    /// <summary>Adds a port's pipeline.</summary>
    /// <param name="app">The application.</param>
    /// <param name="listener">The listener's name.</param>
    /// <param name="tokens">Who may use it.</param>
    /// <param name="isOpen">Which paths need no token.</param>
    /// <param name="document">The OpenAPI document.</param>
    /// <param name="map">Adds the services.</param>
    public static void UseRpcPort(
        this IApplicationBuilder app,
        string listener,
        BearerTokens tokens,
        Func<PathString, bool> isOpen,
        JsonObject document,
        Action<IEndpointRouteBuilder> map) => app.UseListener(listener, branch =>
    {
        var text = document.ToJsonString();
        branch.Use(next => context => tokens.CheckAsync(context, next, isOpen));
        branch.UseRouting();
        branch.UseEndpoints(endpoints =>
        {
            map(endpoints);
            endpoints.MapGet("/openapi.json", context =>
            {
                context.Response.ContentType = "application/json";
                return context.Response.WriteAsync(text, context.RequestAborted);
            });
        });
        branch.Run(context => RestErrors.WriteAsync(context, StatusCodes.Status404NotFound, StatusCode.NotFound, "no such path"));
    });
}

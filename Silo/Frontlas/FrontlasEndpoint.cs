using System.Text.Json.Nodes;
using Frontier.Frontlas.V1;
using Frontier.Gateway;
using Microsoft.Extensions.Options;
using FrontlasHealthContract = Frontier.Frontlas.V1.Health;
using StandardHealth = Grpc.Health.V1.Health;

namespace Frontier.Silo;

/// <summary>The port of the Frontlas façade.</summary>
internal static class FrontlasEndpoint
{
    private const string RestHealth = "/cluster/v1/health";

    /// <summary>Registers what the façade is made from. Needs <see cref="ControlPlaneEndpoint.AddControlPlane"/>.</summary>
    public static void AddFrontlas(this IServiceCollection services)
    {
        services.AddSingleton<ReportedDirectory>();
        services.AddSingleton<FrontlasDirectory>();
    }

    /// <summary>Answers whatever comes in by the façade's listener.</summary>
    public static void UseFrontlas(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<FrontlasPortOptions>>().Value;
        var readiness = app.Services.GetRequiredService<Readiness>();
        var tokens = new BearerTokens(options.Auth);
        app.UseRpcPort(
            FrontierEndpoints.Frontlas,
            tokens,
            path => path == RestHealth
                || path.StartsWithSegments($"/{StandardHealth.Descriptor.FullName}")
                || path.StartsWithSegments($"/{FrontlasHealthContract.Descriptor.FullName}"),
            Document(tokens.AreRequired),
            endpoints =>
            {
                endpoints.MapGrpcService<ClusterServiceFacade>();
                endpoints.MapGrpcService<FrontlasHealth>();
                endpoints.MapGrpcService<FrontlasStandardHealth>();
                endpoints.MapGrpcService<FrontlasReflection>();
                endpoints.MapGrpcService<FrontlasReflectionV1Alpha>();
                endpoints.MapGet(RestHealth, context => FrontlasHealth.AnswerRestAsync(context, readiness));
            });
    }

    // Health is not made from its descriptor: it has a status of its own.
    private static JsonObject Document(bool isProtected)
    {
        var document = OpenApiDocument.For("Frontlas", isProtected, ClusterService.Descriptor);
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { ["status"] = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray("SERVING", "NOT_SERVING") } },
        };
        document["paths"]![RestHealth] = new JsonObject
        {
            ["get"] = new JsonObject
            {
                ["operationId"] = "Check",
                ["tags"] = new JsonArray("Health"),
                ["responses"] = new JsonObject { ["200"] = Answer("Serving.", schema), ["417"] = Answer("Not serving.", schema.DeepClone()) },
            },
        };
        return document;
    }

    private static JsonObject Answer(string description, JsonNode schema) => new()
    {
        ["description"] = description,
        ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schema } },
    };

    /// <summary>Health of the façade, for load balancers.</summary>
    internal sealed class FrontlasStandardHealth(Readiness readiness) : StandardHealthService(readiness, ClusterService.Descriptor.FullName);

    /// <summary>Reflection of the façade.</summary>
    internal sealed class FrontlasReflection() : PortReflection(ClusterService.Descriptor, FrontlasHealthContract.Descriptor, StandardHealth.Descriptor);

    /// <summary>Reflection of the façade, for older tools.</summary>
    internal sealed class FrontlasReflectionV1Alpha()
        : PortReflectionV1Alpha(ClusterService.Descriptor, FrontlasHealthContract.Descriptor, StandardHealth.Descriptor);
}

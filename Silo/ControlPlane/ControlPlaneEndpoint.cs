using Frontier.Gateway;
using Frontier.GrainInterfaces;
using Microsoft.Extensions.Options;
using ControlPlaneContract = Frontier.ControlPlane.V1.ControlPlane;
using StandardHealth = Grpc.Health.V1.Health;

namespace Frontier.Silo;

/// <summary>The control plane's port.</summary>
internal static class ControlPlaneEndpoint
{
    /// <summary>Registers what the control plane is made from.</summary>
    public static void AddControlPlane(this IServiceCollection services)
    {
        services.AddRpc();
        // A process without the gateway role has none.
        if (services.Any(service => service.ServiceType == typeof(IGatewayListing)))
        {
            services.AddSingleton<LocalGateway>();
        }

        services.AddSingleton<IGatewayList, GatewayList>();
        services.AddSingleton<IClusterView, ClusterView>();
    }

    /// <summary>Answers whatever comes in by the control plane's listener.</summary>
    public static void UseControlPlane(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<ControlplaneOptions>>().Value;
        var tokens = new BearerTokens(options.Auth);
        app.UseRpcPort(
            FrontierEndpoints.Controlplane,
            tokens,
            path => path.StartsWithSegments($"/{StandardHealth.Descriptor.FullName}"),
            OpenApiDocument.For("Frontier control plane", tokens.AreRequired, ControlPlaneContract.Descriptor),
            endpoints =>
            {
                endpoints.MapGrpcService<ControlPlaneService>();
                endpoints.MapGrpcService<ControlPlaneHealth>();
                endpoints.MapGrpcService<ControlPlaneReflection>();
                endpoints.MapGrpcService<ControlPlaneReflectionV1Alpha>();
            });
    }

    /// <summary>Health of the control plane.</summary>
    internal sealed class ControlPlaneHealth(Readiness readiness) : StandardHealthService(readiness, ControlPlaneContract.Descriptor.FullName);

    /// <summary>Reflection of the control plane.</summary>
    internal sealed class ControlPlaneReflection() : PortReflection(ControlPlaneContract.Descriptor, StandardHealth.Descriptor);

    /// <summary>Reflection of the control plane, for older tools.</summary>
    internal sealed class ControlPlaneReflectionV1Alpha() : PortReflectionV1Alpha(ControlPlaneContract.Descriptor, StandardHealth.Descriptor);
}

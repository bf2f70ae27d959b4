using Frontier.Gateway;
using Grpc.Core;
using Grpc.Health.V1;

namespace Frontier.Silo;

/// <summary><c>grpc.health.v1.Health</c>, as load balancers and Kubernetes ask for it: serving while the process is ready.</summary>
/// <param name="readiness">Whether the process is ready.</param>
/// <param name="services">The full names of the services it knows; the empty name is the process.</param>
internal abstract class StandardHealthService(Readiness readiness, params string[] services) : Health.HealthBase
{
    /// <inheritdoc/>
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) => Knows(request)
        ? Task.FromResult(new HealthCheckResponse { Status = StatusOf(request) })
        : throw new RpcException(new Status(StatusCode.NotFound, "no such service"));

    /// <inheritdoc/>
    public override Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context) =>
        HealthWatch.RunAsync(() => StatusOf(request), status => responseStream.WriteAsync(new HealthCheckResponse { Status = status }), context.CancellationToken);

    private bool Knows(HealthCheckRequest request) => request.Service.Length == 0 || services.Contains(request.Service, StringComparer.Ordinal);

    private HealthCheckResponse.Types.ServingStatus StatusOf(HealthCheckRequest request) =>
        !Knows(request) ? HealthCheckResponse.Types.ServingStatus.ServiceUnknown
        : readiness.IsReady ? HealthCheckResponse.Types.ServingStatus.Serving
        : HealthCheckResponse.Types.ServingStatus.NotServing;
}

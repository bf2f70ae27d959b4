using Frontier.Frontlas.V1;
using Frontier.Gateway;
using Grpc.Core;

namespace Frontier.Silo;

/// <summary>The original's own health service: serving while the process is ready, whatever service is named, as there.</summary>
internal sealed class FrontlasHealth(Readiness readiness) : Health.HealthBase
{
    /// <inheritdoc/>
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        Task.FromResult(new HealthCheckResponse { Status = StatusOf(readiness) });

    /// <inheritdoc/>
    public override Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context) =>
        HealthWatch.RunAsync(() => StatusOf(readiness), status => responseStream.WriteAsync(new HealthCheckResponse { Status = status }), context.CancellationToken);

    /// <summary>The same over REST: 200 when serving, 417 when not.</summary>
    public static Task AnswerRestAsync(HttpContext context, Readiness readiness)
    {
        var isServing = readiness.IsReady;
        context.Response.StatusCode = isServing ? StatusCodes.Status200OK : StatusCodes.Status417ExpectationFailed;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(isServing ? """{"status":"SERVING"}""" : """{"status":"NOT_SERVING"}""", context.RequestAborted);
    }

    private static HealthCheckResponse.Types.ServingStatus StatusOf(Readiness readiness) =>
        readiness.IsReady ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing;
}

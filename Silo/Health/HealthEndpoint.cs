using System.Text.Json.Serialization;
using Frontier.Gateway;
using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <summary>Health and metrics over HTTP: <c>/healthz</c>, <c>/readyz</c>, <c>/metrics</c>.</summary>
internal static class HealthEndpoint
{
    /// <summary>Registers what the answers are made from.</summary>
    public static void AddFrontierHealth(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddSingleton<HostReadiness>();
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => services.GetRequiredService<HostReadiness>());
    }

    /// <summary>Answers whatever comes in by the observability listener.</summary>
    public static void UseFrontierHealth(this WebApplication app)
    {
        app.Services.GetRequiredService<HostReadiness>().Subscribe();
        var readiness = app.Services.GetRequiredService<Readiness>();
        var queues = app.Services.GetService<IQueues>(); // Only with the role silo.
        app.UseListener(FrontierEndpoints.Observability, branch =>
        {
            branch.UseOpenTelemetryPrometheusScrapingEndpoint();
            branch.Run(context => AnswerAsync(context, readiness, queues));
        });
    }

    private static Task AnswerAsync(HttpContext context, Readiness readiness, IQueues? queues)
    {
        context.Response.Headers.CacheControl = "no-store";
        switch (context.Request.Path.Value)
        {
            case "/healthz":
                return context.Response.WriteAsync("ok");
            case "/readyz":
                var reasons = readiness.Reasons;
                context.Response.StatusCode = reasons.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
                return context.Response.WriteAsJsonAsync(new ReadinessReport(reasons.Count == 0, reasons, Describe(queues)));
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
        }
    }

    // Shown, and no reason not to be ready: the other topics, and everything that is no message, go on without the queue.
    private static Dictionary<string, string>? Describe(IQueues? queues) => queues is not { All.Count: > 0 }
        ? null
        : queues.All.Select(queue => queue.Describe()).ToDictionary(
            queue => queue.Queue,
            queue => queue.State == QueueState.Up || queue.LastError.Length == 0
                ? queue.State.ToString().ToLowerInvariant()
                : $"{queue.State.ToString().ToLowerInvariant()}: {queue.LastError}");

    private sealed record ReadinessReport(
        bool Ready,
        IReadOnlyDictionary<string, string> Reasons,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Queues);
}

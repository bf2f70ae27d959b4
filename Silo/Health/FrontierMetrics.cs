using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Frontier.Silo;

/// <summary>Collects the meters of the process for Prometheus.</summary>
internal static class FrontierMetrics
{
    private const string OurMeters = "Frontier.";

    // OpenTelemetry's default bounds are meant for milliseconds. A forwarded call takes from tens of microseconds to the 30 s of its timeout.
    private static readonly double[] SecondsBounds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    /// <summary>Registers the meters: our own meters (all named <c>Frontier.…</c>), Orleans' and the runtime's.</summary>
    public static void AddFrontierMetrics(this WebApplicationBuilder builder, string frontierId) => builder.Services
        .AddOpenTelemetry()
        .ConfigureResource(resource => resource.AddService(
            serviceName: "frontier", serviceVersion: StartReport.Version, serviceInstanceId: frontierId))
        .WithMetrics(metrics => metrics
            .AddMeter($"{OurMeters}*")
            .AddMeter("Microsoft.Orleans")
            .AddRuntimeInstrumentation()
            .AddView(ChooseBounds)
            .AddPrometheusExporter());

    private static ExplicitBucketHistogramConfiguration? ChooseBounds(Instrument instrument) =>
        instrument is Histogram<double> { Unit: "s", Advice: null } && instrument.Meter.Name.StartsWith(OurMeters, StringComparison.Ordinal)
            ? new ExplicitBucketHistogramConfiguration { Boundaries = SecondsBounds }
            : null;
}

using System.Diagnostics;
using System.Diagnostics.Metrics;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>What the SDK tells OpenTelemetry: one activity source and one meter, both called <see cref="FrontierClient.TelemetryName"/>. Costs nothing while nobody listens.</summary>
internal static class ClientTelemetry
{
    private static readonly ActivitySource Source = new(FrontierClient.TelemetryName);
    private static readonly Meter Meter = new(FrontierClient.TelemetryName);

    private static readonly UpDownCounter<int> Connections = Meter.CreateUpDownCounter<int>(
        "frontier.client.connections", "{connection}", "Connections that are logged in.");

    private static readonly Counter<long> Reconnects = Meter.CreateCounter<long>(
        "frontier.client.reconnects", "{connection}", "Connections made after the first.");

    private static readonly Counter<long> Losses = Meter.CreateCounter<long>(
        "frontier.client.disconnects", "{connection}", "Connections that ended, by reason.");

    private static readonly Histogram<double> CallDuration = Meter.CreateHistogram<double>(
        "frontier.client.call.duration", "s", "Calls made, from call to answer, by method and error code.");

    private static readonly Histogram<double> PublishDuration = Meter.CreateHistogram<double>(
        "frontier.client.publish.duration", "s", "Messages published, until they were acknowledged, by error code.");

    private static readonly Histogram<double> HandlerDuration = Meter.CreateHistogram<double>(
        "frontier.client.handler.duration", "s", "Calls served, by method and outcome.");

    /// <summary>Whether anybody wants to know of calls and messages.</summary>
    public static bool ObservesCalls => CallDuration.Enabled || PublishDuration.Enabled || Source.HasListeners();

    /// <summary>Whether anybody wants to know of handlers.</summary>
    public static bool ObservesHandlers => HandlerDuration.Enabled || Source.HasListeners();

    public static void Connected(bool isService, int generation)
    {
        Connections.Add(1, Kind(isService));
        if (generation > 1)
        {
            Reconnects.Add(1, Kind(isService));
        }
    }

    public static void Replaced(bool isService) => Connections.Add(-1, Kind(isService));

    public static void Disconnected(bool isService, DisconnectReason reason)
    {
        Connections.Add(-1, Kind(isService));
        Losses.Add(1, Kind(isService), new("reason", reason.ToString()));
    }

    /// <summary>Watches a call.</summary>
    public static async ValueTask<CallResponse> ObserveAsync(string method, ulong? edgeId, Func<ValueTask<CallResponse>> call)
    {
        using var activity = Start(method, ActivityKind.Client, edgeId);
        var started = Stopwatch.GetTimestamp();
        string? error = null;
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            error = Fail(activity, e);
            throw;
        }
        finally
        {
            CallDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new("rpc.method", method), new("error.type", error));
        }
    }

    /// <summary>Watches a message.</summary>
    public static async ValueTask ObserveAsync(string topic, ulong? edgeId, Func<ValueTask> publish)
    {
        using var activity = Start(topic.Length == 0 ? "publish" : topic, ActivityKind.Producer, edgeId);
        var started = Stopwatch.GetTimestamp();
        string? error = null;
        try
        {
            await publish().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            error = Fail(activity, e);
            throw;
        }
        finally
        {
            PublishDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new KeyValuePair<string, object?>("error.type", error));
        }
    }

    /// <summary>Watches a handler.</summary>
    public static async ValueTask<CallResponse> ObserveAsync(FrontierRequest request, MethodHandler handler, CancellationToken cancellationToken)
    {
        using var activity = Start(request.Method, ActivityKind.Server, request.EdgeId == 0 ? null : request.EdgeId, request.TraceContext);
        var started = Stopwatch.GetTimestamp();
        string? error = null;
        try
        {
            return await handler.Handle(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            error = Fail(activity, e);
            throw;
        }
        finally
        {
            HandlerDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new("rpc.method", request.Method), new("error.type", error));
        }
    }

    private static KeyValuePair<string, object?> Kind(bool isService) => new("kind", isService ? "service" : "edge");

    private static Activity? Start(string name, ActivityKind kind, ulong? edgeId, ActivityContext caller = default)
    {
        var activity = Source.StartActivity(name, kind, caller); // Without a caller's: under the current one.
        if (activity is not null)
        {
            activity.SetTag("rpc.system", "frontier");
            if (edgeId is { } id)
            {
                activity.SetTag("frontier.edge_id", id);
            }
        }

        return activity;
    }

    private static string Fail(Activity? activity, Exception e)
    {
        var error = e is FrontierException failure ? failure.Code.ToString() : e is OperationCanceledException ? nameof(FrontierErrorCode.Canceled) : e.GetType().Name;
        activity?.SetStatus(ActivityStatusCode.Error, e.Message);
        activity?.SetTag("error.type", error);
        return error;
    }
}

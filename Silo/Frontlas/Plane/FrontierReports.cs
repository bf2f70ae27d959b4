using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <summary>Reads what frontiers of the original send: JSON in the metadata of their connection and in the values of their calls.</summary>
internal static class FrontierReports
{
    private const int MaxIdLength = 253;
    private const int MaxTextLength = 1024;

    /// <summary>The methods they call.</summary>
    public static IReadOnlyList<string> Methods { get; } =
    [
        "edge_online", "edge_offline", "edge_heartbeat", "service_online", "service_offline", "service_heartbeat", "frontier_stats",
    ];

    /// <summary>Reads who connects. Null when it is not as it should be.</summary>
    public static FrontierReport? ParseInstance(ReadOnlySpan<byte> meta, TimeSpan expiry) =>
        TryParse(meta, FrontierReportJson.Default.InstanceBody, out var body) && IsId(body.FrontierId)
        && IsText(body.ServiceboundAddress) && IsText(body.EdgeboundAddress)
            ? new FrontierReport(FrontierReportKind.FrontierOnline, body.FrontierId, Guid.NewGuid())
            {
                ServiceboundAddress = body.ServiceboundAddress ?? "",
                EdgeboundAddress = body.EdgeboundAddress ?? "",
                Expiry = expiry,
            }
            : null;

    /// <summary>Reads a call.</summary>
    /// <param name="instance">Who calls.</param>
    /// <param name="method">The method.</param>
    /// <param name="value">The value.</param>
    /// <param name="expiration">How long reports hold.</param>
    /// <param name="report">The report; null when there is nothing to keep.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Parse(FrontierReport instance, string method, ReadOnlySpan<byte> value, ReportExpirationOptions expiration, out FrontierReport? report)
    {
        report = null;
        if (!Methods.Contains(method))
        {
            return FrontierErrorText.NoSuchRpcPrefix + method;
        }

        if (!TryParse(value, FrontierReportJson.Default.ReportBody, out var body) || !IsText(body.Address) || !IsText(body.Service))
        {
            return "illegal report";
        }

        if (body.FrontierId != instance.FrontierId)
        {
            return "illegal report: of another frontier";
        }

        if (method == "frontier_stats")
        {
            return null; // Counts are made from what is known, so that they agree with the lists.
        }

        var session = method.StartsWith("edge_", StringComparison.Ordinal) ? SessionKind.Edge : SessionKind.Service;
        if ((session == SessionKind.Edge ? body.EdgeId : body.ServiceId) is not { } id)
        {
            return "illegal report: no id";
        }

        var isOnline = method.EndsWith("_online", StringComparison.Ordinal);
        var isOffline = method.EndsWith("_offline", StringComparison.Ordinal);
        report = new FrontierReport(isOffline ? FrontierReportKind.SessionOffline : FrontierReportKind.SessionAlive, instance.FrontierId, instance.ConnectionId)
        {
            Session = session,
            SessionId = id,
            Address = isOnline ? body.Address ?? "" : null,
            Name = isOnline ? NameOf(body.Service ?? "") : null,
            Expiry = TimeSpan.FromSeconds(session == SessionKind.Edge ? expiration.EdgeMeta : expiration.ServiceMeta),
        };
        return null;
    }

    // What they send as a service's name is the whole metadata the service connected with, {"service": NAME, "topics": [..]}.
    private static string NameOf(string service)
    {
        if (!service.StartsWith('{'))
        {
            return service;
        }

        return TryParse(Encoding.UTF8.GetBytes(service), FrontierReportJson.Default.ServiceBody, out var body) ? body.Service ?? "" : service;
    }

    private static bool TryParse<T>(ReadOnlySpan<byte> json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, [NotNullWhen(true)] out T? body)
        where T : class
    {
        try
        {
            body = JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            body = null;
        }

        return body is not null;
    }

    private static bool IsId([NotNullWhen(true)] string? id) => id is { Length: > 0 and <= MaxIdLength } && !id.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));

    private static bool IsText(string? text) => text is null or { Length: <= MaxTextLength };

    /// <summary>The metadata of a connection.</summary>
    internal sealed record InstanceBody(
        [property: JsonPropertyName("frontier_id")] string? FrontierId,
        [property: JsonPropertyName("advertised_servicebound_addr")] string? ServiceboundAddress,
        [property: JsonPropertyName("advertised_edgebound_addr")] string? EdgeboundAddress);

    /// <summary>The value of any call.</summary>
    internal sealed record ReportBody(
        [property: JsonPropertyName("frontier_id")] string? FrontierId,
        [property: JsonPropertyName("edge_id")] ulong? EdgeId,
        [property: JsonPropertyName("service_id")] ulong? ServiceId,
        [property: JsonPropertyName("service")] string? Service,
        [property: JsonPropertyName("addr")] string? Address);

    /// <summary>A service's metadata.</summary>
    internal sealed record ServiceBody([property: JsonPropertyName("service")] string? Service);
}

/// <summary>Reads the reports without reflection.</summary>
[JsonSerializable(typeof(FrontierReports.InstanceBody))]
[JsonSerializable(typeof(FrontierReports.ReportBody))]
[JsonSerializable(typeof(FrontierReports.ServiceBody))]
internal sealed partial class FrontierReportJson : JsonSerializerContext;

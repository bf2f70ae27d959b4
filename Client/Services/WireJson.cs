using System.Text.Json;
using System.Text.Json.Serialization;

namespace Frontier.Client;

/// <summary>The JSON that the contract puts into payloads: a service's connect metadata, and presence events.</summary>
internal static class WireJson
{
    public static byte[] ServiceMeta(string name, IReadOnlyList<string> topics) =>
        JsonSerializer.SerializeToUtf8Bytes(new ServiceMetaJson(name, topics), WireJsonContext.Default.ServiceMetaJson);

    /// <summary>Reads a presence event.</summary>
    /// <exception cref="FrontierException">It is none (Protocol).</exception>
    public static EdgePresence ParsePresence(ReadOnlySpan<byte> json)
    {
        try
        {
            if (JsonSerializer.Deserialize(json, WireJsonContext.Default.PresenceJson) is { } presence)
            {
                return new EdgePresence(presence.EdgeId, presence.Meta, presence.Str ?? "", presence.Epoch);
            }
        }
        catch (JsonException e)
        {
            throw new FrontierException(FrontierErrorCode.Protocol, $"malformed presence event: {e.Message}", e);
        }

        throw new FrontierException(FrontierErrorCode.Protocol, "malformed presence event: null");
    }

    /// <summary>Reads what became of a message that waited for an edge.</summary>
    /// <exception cref="FrontierException">It is none (Protocol).</exception>
    public static EdgeMessageReport ParseReport(ReadOnlySpan<byte> json)
    {
        try
        {
            if (JsonSerializer.Deserialize(json, WireJsonContext.Default.EdgeMessageReportJson) is { } report)
            {
                var outcome = report.Outcome switch
                {
                    "delivered" => EdgeMessageOutcome.Delivered,
                    "expired" => EdgeMessageOutcome.Expired,
                    "refused" => EdgeMessageOutcome.Refused,
                    _ => EdgeMessageOutcome.Unknown,
                };
                return new EdgeMessageReport(report.Id ?? "", report.EdgeId, outcome, report.Error ?? "");
            }
        }
        catch (JsonException e)
        {
            throw new FrontierException(FrontierErrorCode.Protocol, $"malformed message outcome: {e.Message}", e);
        }

        throw new FrontierException(FrontierErrorCode.Protocol, "malformed message outcome: null");
    }
}

/// <summary>The connect metadata of a service.</summary>
internal sealed record ServiceMetaJson([property: JsonPropertyName("service")] string Service, [property: JsonPropertyName("topics")] IReadOnlyList<string> Topics);

/// <summary>The payload of <c>edge_online</c> and <c>edge_offline</c>.</summary>
internal sealed record PresenceJson
{
    [JsonPropertyName("EdgeID")]
    public ulong EdgeId { get; init; }

    public byte[]? Meta { get; init; }

    public string? Str { get; init; }

    public long Epoch { get; init; }
}

/// <summary>The payload of <c>edge_message_outcome</c>.</summary>
internal sealed record EdgeMessageReportJson
{
    [JsonPropertyName("ID")]
    public string? Id { get; init; }

    [JsonPropertyName("EdgeID")]
    public ulong EdgeId { get; init; }

    public string? Outcome { get; init; }

    public string? Error { get; init; }
}

[JsonSerializable(typeof(EdgeMessageReportJson))]
[JsonSerializable(typeof(ServiceMetaJson))]
[JsonSerializable(typeof(PresenceJson))]
internal sealed partial class WireJsonContext : JsonSerializerContext;

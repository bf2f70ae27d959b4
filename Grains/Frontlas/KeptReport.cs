using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Frontier.Grains.Frontlas;

/// <summary>A frontier or a session of one, as <see cref="IReportStore"/> keeps it.</summary>
/// <param name="FrontierId">The frontier.</param>
/// <param name="Expiry">How long it holds without a sign of life, in milliseconds.</param>
internal sealed record KeptReport(string FrontierId, long Expiry)
{
    /// <summary>Of a frontier: the connection it reported by.</summary>
    public Guid ConnectionId { get; init; }

    /// <summary>Of a frontier: where services reach it.</summary>
    public string? Services { get; init; }

    /// <summary>Of a frontier: where edges reach it.</summary>
    public string? Edges { get; init; }

    /// <summary>Of a session: the peer's address.</summary>
    public string? Address { get; init; }

    /// <summary>Of a service: its name.</summary>
    public string? Name { get; init; }

    /// <summary>Of a session: since when, Unix seconds.</summary>
    public long Since { get; init; }

    /// <summary>The key of a frontier.</summary>
    public static string KeyOf(string frontierId) => $"frontier:{frontierId}";

    /// <summary>The key of a session.</summary>
    public static string KeyOf(SessionKind kind, ulong id) => string.Create(CultureInfo.InvariantCulture, $"{(kind == SessionKind.Edge ? "edge" : "service")}:{id}");

    /// <summary>Reads a key; the id is null for a frontier's.</summary>
    public static bool TryReadKey(string key, out SessionKind kind, out ulong? id)
    {
        kind = key.StartsWith("service:", StringComparison.Ordinal) ? SessionKind.Service : SessionKind.Edge;
        id = null;
        if (key.StartsWith("frontier:", StringComparison.Ordinal))
        {
            return true;
        }

        var isSession = ulong.TryParse(key.AsSpan(key.IndexOf(':', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && key == KeyOf(kind, number);
        id = number;
        return isSession;
    }

    /// <summary>Writes it.</summary>
    public string ToText() => JsonSerializer.Serialize(this, KeptReportJson.Default.KeptReport);

    /// <summary>Reads it; null when it is none.</summary>
    public static KeptReport? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, KeptReportJson.Default.KeptReport) is { FrontierId: not null } report ? report : null;
        }
        catch (JsonException)
        {
            return null; // Of another version.
        }
    }
}

/// <summary>Reads and writes <see cref="KeptReport"/> without reflection.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(KeptReport))]
internal sealed partial class KeptReportJson : JsonSerializerContext;

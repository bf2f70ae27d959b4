using System.Text.Json.Serialization;

namespace Frontier.Silo;

/// <summary>The value of <c>frontlas:edges:{id}</c>.</summary>
internal sealed record MirroredEdge(
    [property: JsonPropertyName("frontier_id")] string FrontierId,
    [property: JsonPropertyName("addr")] string Address,
    [property: JsonPropertyName("update_time")] long UpdateTime);

/// <summary>The value of <c>frontlas:services:{id}</c>.</summary>
internal sealed record MirroredService(
    [property: JsonPropertyName("service")] string Service,
    [property: JsonPropertyName("frontier_id")] string FrontierId,
    [property: JsonPropertyName("addr")] string Address,
    [property: JsonPropertyName("update_time")] long UpdateTime);

/// <summary>Writes the mirror's values without reflection.</summary>
[JsonSerializable(typeof(MirroredEdge))]
[JsonSerializable(typeof(MirroredService))]
internal sealed partial class MirrorJson : JsonSerializerContext;

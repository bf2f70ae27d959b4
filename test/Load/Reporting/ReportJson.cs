using System.Text.Json.Serialization;

namespace Frontier.Load;

/// <summary>Writes reports without reflection; see <see cref="ReportText"/>.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LoadReport))]
[JsonSerializable(typeof(IReadOnlyList<LoadReport>))]
internal sealed partial class ReportJson : JsonSerializerContext;

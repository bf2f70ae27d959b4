using System.Text.Encodings.Web;
using System.Text.Json;

namespace Frontier.Load;

/// <summary>Reports for machines.</summary>
internal static class ReportText
{
    // Errors are texts of servers and stand as they are.
    private static readonly ReportJson Readable =
        new(new JsonSerializerOptions(ReportJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>One report as a JSON object.</summary>
    public static string ToJson(LoadReport report) => JsonSerializer.Serialize(report, Readable.LoadReport);

    /// <summary>Several as a JSON array.</summary>
    public static string ToJson(IReadOnlyList<LoadReport> reports) => JsonSerializer.Serialize(reports, Readable.IReadOnlyListLoadReport);
}

using System.Globalization;
using System.Text.Json;

namespace Frontier.Samples.DeviceConsole;

/// <summary>The edges that are online, as the gateway's control plane lists them.</summary>
/// <param name="http">A client whose base address is the control plane.</param>
internal sealed class EdgeList(HttpClient http)
{
    /// <summary>The newest edges.</summary>
    public async Task<IReadOnlyList<(ulong Id, string Meta, string Address)>> ListAsync(int count, CancellationToken cancellationToken)
    {
        await using var body = await http.GetStreamAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"/v1/edges?page=1&page_size={count}"), UriKind.Relative), cancellationToken);
        using var answer = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
        return answer.RootElement.TryGetProperty("edges", out var edges)
            ? [.. edges.EnumerateArray().Select(edge => (IdOf(edge), TextOf(edge, "meta"), TextOf(edge, "addr")))]
            : [];
    }

    // 64-bit numbers are texts in protobuf's JSON.
    private static ulong IdOf(JsonElement edge) => ulong.Parse(TextOf(edge, "edge_id"), CultureInfo.InvariantCulture);

    private static string TextOf(JsonElement edge, string name) =>
        edge.TryGetProperty(name, out var value) ? value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText() : "";
}

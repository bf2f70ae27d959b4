using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Frontier.Client;

/// <summary>Asks the Frontlas façade, over REST. What it does not say within its time it is asked for again next time.</summary>
internal sealed class FrontlasDirectory : IGatewayDirectory
{
    private readonly HttpClient _http;
    private readonly Uri _frontiers;
    private readonly string _frontier;

    public FrontlasDirectory(FrontierClusterServiceOptions options)
    {
        _http = options.FrontlasHandler is { } handler ? new HttpClient(handler, disposeHandler: false) : new HttpClient();
        _http.Timeout = options.FrontlasTimeout;
        if (options.FrontlasToken is { } token)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        _frontiers = new Uri(options.Frontlas!, "/cluster/v1/frontiers");
        _frontier = new Uri(options.Frontlas!, "/cluster/v1/frontier").AbsoluteUri;
    }

    public async Task<IReadOnlyList<KnownGateway>> ListAsync(CancellationToken cancellationToken)
    {
        var answer = await GetAsync(_frontiers, FrontlasJsonContext.Default.FrontiersJson, cancellationToken).ConfigureAwait(false);
        return [.. (answer?.Frontiers ?? []).Select(ToGateway).OfType<KnownGateway>()];
    }

    public async ValueTask<string?> FindAsync(ulong edgeId, CancellationToken cancellationToken)
    {
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"{_frontier}?edge_id={edgeId}"));
        return (await GetAsync(address, FrontlasJsonContext.Default.FrontierOfEdgeJson, cancellationToken).ConfigureAwait(false))?.Frontier?.FrontierId;
    }

    public void Dispose() => _http.Dispose();

    private static KnownGateway? ToGateway(FrontierJson frontier)
    {
        var address = frontier.ServiceAddress ?? "";
        if (IPEndPoint.TryParse(address, out var known) && known.Port > 0)
        {
            return new KnownGateway(frontier.FrontierId ?? address, known);
        }

        var colon = address.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? new KnownGateway(frontier.FrontierId ?? address, new DnsEndPoint(address[..colon], port))
            : null;
    }

    // Null when there is no such thing.
    private async Task<T?> GetAsync<T>(Uri address, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            using var response = await _http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }

            if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            {
                throw new FrontierException(FrontierErrorCode.Refused, $"Frontlas at {address} answers {(int)response.StatusCode}.");
            }

            response.EnsureSuccessStatusCode();
            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                return await JsonSerializer.DeserializeAsync(body, type, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new FrontierException(FrontierErrorCode.ConnectionLost, $"Frontlas at {address} does not answer: {e.Message}", e);
        }
    }
}

/// <summary>A gateway as the façade describes it.</summary>
internal sealed record FrontierJson(
    [property: JsonPropertyName("frontier_id")] string? FrontierId,
    [property: JsonPropertyName("advertised_sb_addr")] string? ServiceAddress);

/// <summary>The answer to <c>/cluster/v1/frontiers</c>.</summary>
internal sealed record FrontiersJson([property: JsonPropertyName("frontiers")] IReadOnlyList<FrontierJson>? Frontiers);

/// <summary>The answer to <c>/cluster/v1/frontier</c>; the contract spells its member so.</summary>
internal sealed record FrontierOfEdgeJson([property: JsonPropertyName("fontier")] FrontierJson? Frontier);

[JsonSerializable(typeof(FrontiersJson))]
[JsonSerializable(typeof(FrontierOfEdgeJson))]
internal sealed partial class FrontlasJsonContext : JsonSerializerContext;

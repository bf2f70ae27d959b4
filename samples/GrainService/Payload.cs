namespace Frontier.Samples.GrainService;

/// <summary>Bodies of requests are payloads as they stand.</summary>
internal static class Payload
{
    /// <summary>Reads one whole.</summary>
    public static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        return body.ToArray();
    }
}

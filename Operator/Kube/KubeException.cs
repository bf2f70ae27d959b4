using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Frontier.Operator.Kube;

/// <summary>The API server refused a request.</summary>
internal sealed class KubeException : Exception
{
    private KubeException(HttpStatusCode status, string reason, string message, TimeSpan? retryAfter)
        : base(message)
    {
        Status = status;
        Reason = reason;
        RetryAfter = retryAfter;
    }

    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>The API's own word for it, such as <c>Conflict</c>; empty when the server gave none.</summary>
    public string Reason { get; }

    /// <summary>How long the server asks to wait; null when it does not say.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The version asked for is no longer known, or the watch's place in it: list again.</summary>
    public bool IsGone => Status == HttpStatusCode.Gone || Reason == "Expired";

    /// <summary>Whether trying the same again is pointless: the server understood the request and will not have it.</summary>
    public bool IsRefusal => Status is HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest or HttpStatusCode.Forbidden;

    /// <summary>From an answer with an error's status code.</summary>
    public static async Task<KubeException> FromAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        var retryAfter = response.Headers.RetryAfter?.Delta;
        return FromStatus(Parse(body), response.StatusCode, retryAfter);
    }

    /// <summary>From a <c>Status</c> object, as watches send it.</summary>
    public static KubeException FromStatus(JsonObject? status, HttpStatusCode? code = null, TimeSpan? retryAfter = null)
    {
        var statusCode = code ?? (HttpStatusCode)(status?["code"]?.GetValue<int>() ?? 500);
        var reason = status?["reason"]?.GetValue<string>() ?? "";
        var message = status?["message"]?.GetValue<string>() ?? $"the API server answered {(int)statusCode}";
        return new KubeException(statusCode, reason, message, retryAfter);
    }

    private static JsonObject? Parse(string body)
    {
        try
        {
            return body.Length > 0 ? JsonNode.Parse(body) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null; // A proxy's page.
        }
    }
}

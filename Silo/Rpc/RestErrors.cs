using System.Net.Mime;
using System.Text.Json;
using Grpc.Core;

namespace Frontier.Silo;

/// <summary>Errors over REST that no gRPC method made, in the same form as those that one did: <c>google.rpc.Status</c> in JSON.</summary>
internal static class RestErrors
{
    /// <summary>Writes an error.</summary>
    public static Task WriteAsync(HttpContext context, int httpStatus, StatusCode code, string message)
    {
        context.Response.StatusCode = httpStatus;
        context.Response.ContentType = MediaTypeNames.Application.Json;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("code", (int)code);
            json.WriteString("message", message);
            json.WriteStartArray("details");
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return context.Response.Body.WriteAsync(buffer.ToArray(), context.RequestAborted).AsTask();
    }
}

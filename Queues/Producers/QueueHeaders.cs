using System.Globalization;
using System.Text;

namespace Frontier.Queues;

/// <summary>The names under which a queue gets what is known of a message beside its body; docs/queues.md lists them.</summary>
internal static class QueueHeaders
{
    /// <summary>The edge's id, decimal.</summary>
    public const string EdgeId = "frontier-edge-id";

    /// <summary>The topic.</summary>
    public const string Topic = "frontier-topic";

    /// <summary>The gateway's id.</summary>
    public const string Gateway = "frontier-gateway";

    /// <summary>When the gateway read the message, RFC 3339 in UTC with milliseconds.</summary>
    public const string Time = "frontier-time";

    /// <summary>The edge's <c>custom</c> bytes: as bytes where the queue has them, else in base64. Absent when there are none.</summary>
    public const string Custom = "frontier-custom";

    /// <summary>W3C trace context.</summary>
    public const string TraceParent = "traceparent";

    /// <summary>The headers that are text, without <see cref="Custom"/>.</summary>
    public static IEnumerable<(string Name, string Value)> TextOf(QueueMessage message)
    {
        yield return (EdgeId, message.EdgeId.ToString(CultureInfo.InvariantCulture));
        yield return (Topic, message.Topic);
        if (message.GatewayId.Length > 0)
        {
            yield return (Gateway, message.GatewayId);
        }

        yield return (Time, message.ReceivedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        if (message.TraceParent.Length > 0)
        {
            yield return (TraceParent, message.TraceParent);
        }
    }

    /// <summary>The <c>custom</c> bytes in base64; null when there are none.</summary>
    public static string? CustomText(QueueMessage message) => message.Custom.IsEmpty ? null : Convert.ToBase64String(message.Custom.Span);

    /// <summary>Text as bytes, for the queues whose headers are.</summary>
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}

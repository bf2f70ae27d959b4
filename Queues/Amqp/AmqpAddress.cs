namespace Frontier.Queues;

/// <summary>A RabbitMQ server's address: <c>amqp://…</c>, <c>amqps://…</c> or <c>host:port</c>.</summary>
public static class AmqpAddress
{
    /// <summary>Whether a text is one.</summary>
    public static bool IsValid(string text) => Parse(text) is not null;

    /// <summary>The address as the library takes it; null when it is none.</summary>
    internal static Uri? Parse(string text) =>
        Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"amqp://{text}", UriKind.Absolute, out var uri)
        && uri.Scheme is "amqp" or "amqps"
        && uri.Host.Length > 0
        && uri.HostNameType != UriHostNameType.Unknown
            ? uri
            : null;
}

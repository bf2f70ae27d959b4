using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Frontier.Client;

/// <summary>Payloads as JSON in UTF-8, with what System.Text.Json's source generator made; so it needs no reflection and works in trimmed and AOT programs.</summary>
/// <param name="options">Options whose type information knows every type used.</param>
public sealed class JsonPayloadSerializer(JsonSerializerOptions options) : IPayloadSerializer
{
    /// <summary>Uses the types of a generated context.</summary>
    public JsonPayloadSerializer(JsonSerializerContext context)
        : this(Checked(context).Options)
    {
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The type is not known.</exception>
    public ReadOnlyMemory<byte> Serialize<T>(T value) => Write(value, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)));

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The type is not known.</exception>
    public T Deserialize<T>(ReadOnlyMemory<byte> payload) => Read(payload, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)));

    internal static ReadOnlyMemory<byte> Write<T>(T value, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return JsonSerializer.SerializeToUtf8Bytes(value, type);
    }

    internal static T Read<T>(ReadOnlyMemory<byte> payload, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        try
        {
            return JsonSerializer.Deserialize(payload.Span, type)!; // null where the payload says null, as the type's own nullability allows or not.
        }
        catch (JsonException e)
        {
            throw new FrontierException(FrontierErrorCode.Protocol, $"The payload is no {typeof(T).Name}: {e.Message}", e);
        }
    }

    private static JsonSerializerContext Checked(JsonSerializerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context;
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace Frontier.Gateway;

/// <summary>What a service connects with: <c>{"service": NAME, "topics": [..]}</c>; both may be empty or null.</summary>
internal sealed record ServiceMeta
{
    /// <summary>The service's name.</summary>
    [JsonPropertyName("service")]
    public string? Service { get; init; }

    /// <summary>The topics it takes.</summary>
    [JsonPropertyName("topics")]
    public IReadOnlyList<string?>? Topics { get; init; }

    /// <summary>Reads the metadata; gives what is wrong with it, or null.</summary>
    public static string? TryParse(byte[] meta, int maxNameBytes, out ServiceMeta result)
    {
        result = new ServiceMeta();
        if (meta.Length == 0)
        {
            return null; // A service without name and topics that only calls edges.
        }

        try
        {
            result = JsonSerializer.Deserialize(meta, ServiceMetaJson.Default.ServiceMeta) ?? result;
        }
        catch (JsonException)
        {
            return "illegal service meta: not the JSON {\"service\": NAME, \"topics\": [..]}; edges connect to the port of edgebound.listen";
        }

        if (result.Topics?.Contains(null) == true)
        {
            return "illegal service meta: a topic that is null";
        }

        return (result.Topics ?? []).Append(result.Service).Any(name => name is not null && System.Text.Encoding.UTF8.GetByteCount(name) > maxNameBytes)
            ? $"illegal service meta: a name of more than {maxNameBytes} bytes"
            : null;
    }
}

/// <summary>Reads <see cref="ServiceMeta"/> without reflection.</summary>
[JsonSerializable(typeof(ServiceMeta))]
internal sealed partial class ServiceMetaJson : JsonSerializerContext;

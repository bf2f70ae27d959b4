using System.Text.Json.Serialization;

namespace Frontier.Queues;

/// <summary>What a NATS server says first, as far as a producer needs it.</summary>
internal sealed record NatsInfo
{
    /// <summary>The largest message. Bytes.</summary>
    [JsonPropertyName("max_payload")]
    public int MaxPayload { get; init; } = 1 << 20;

    /// <summary>Whether messages may have headers.</summary>
    [JsonPropertyName("headers")]
    public bool Headers { get; init; }

    /// <summary>Whether the connection has to go over to TLS.</summary>
    [JsonPropertyName("tls_required")]
    public bool TlsRequired { get; init; }

    /// <summary>Whether the server has JetStream.</summary>
    [JsonPropertyName("jetstream")]
    public bool JetStream { get; init; }
}

/// <summary>What the client answers.</summary>
internal sealed record NatsConnect
{
    /// <summary>Whether every line is answered with +OK: no, PONG says the same for many at once.</summary>
    [JsonPropertyName("verbose")]
    public bool Verbose { get; init; }

    /// <summary>Whether subjects are checked strictly: illegal ones never get this far.</summary>
    [JsonPropertyName("pedantic")]
    public bool Pedantic { get; init; }

    /// <summary>Whether the connection is TLS.</summary>
    [JsonPropertyName("tls_required")]
    public bool TlsRequired { get; init; }

    /// <summary>The connection's name in the server's lists.</summary>
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    /// <summary>The client's language.</summary>
    [JsonPropertyName("lang")]
    public string Lang { get; init; } = "dotnet";

    /// <summary>The client's version.</summary>
    [JsonPropertyName("version")]
    public string Version { get; init; } = "1";

    /// <summary>1: INFO may come at any time.</summary>
    [JsonPropertyName("protocol")]
    public int Protocol { get; init; } = 1;

    /// <summary>Messages may have headers.</summary>
    [JsonPropertyName("headers")]
    public bool Headers { get; init; } = true;

    /// <summary>A request that nobody takes is answered with status 503 instead of silence.</summary>
    [JsonPropertyName("no_responders")]
    public bool NoResponders { get; init; } = true;

    /// <summary>The user.</summary>
    [JsonPropertyName("user")]
    public string? User { get; init; }

    /// <summary>The password.</summary>
    [JsonPropertyName("pass")]
    public string? Pass { get; init; }

    /// <summary>The token.</summary>
    [JsonPropertyName("auth_token")]
    public string? AuthToken { get; init; }
}

/// <summary>JetStream's answer to a message or to a request about a stream.</summary>
internal sealed record JetStreamAnswer
{
    /// <summary>The stream that has the message.</summary>
    [JsonPropertyName("stream")]
    public string? Stream { get; init; }

    /// <summary>What went wrong.</summary>
    [JsonPropertyName("error")]
    public JetStreamError? Error { get; init; }
}

/// <summary>An error of JetStream.</summary>
internal sealed record JetStreamError
{
    /// <summary>As HTTP's.</summary>
    [JsonPropertyName("code")]
    public int Code { get; init; }

    /// <summary>In words.</summary>
    [JsonPropertyName("description")]
    public string Description { get; init; } = "";
}

/// <summary>A stream to be made.</summary>
internal sealed record JetStreamConfig
{
    /// <summary>Its name.</summary>
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    /// <summary>What it takes.</summary>
    [JsonPropertyName("subjects")]
    public IReadOnlyList<string> Subjects { get; init; } = [];

    /// <summary>How long it keeps: until its limits, of which there are none yet.</summary>
    [JsonPropertyName("retention")]
    public string Retention { get; init; } = "limits";

    /// <summary>Where it keeps: on disk.</summary>
    [JsonPropertyName("storage")]
    public string Storage { get; init; } = "file";
}

/// <summary>Reads and writes these without reflection.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NatsInfo))]
[JsonSerializable(typeof(NatsConnect))]
[JsonSerializable(typeof(JetStreamAnswer))]
[JsonSerializable(typeof(JetStreamConfig))]
internal sealed partial class NatsJson : JsonSerializerContext;

namespace Frontier.Client;

/// <summary>The answer to a call. Handlers usually return just the payload, which converts to it.</summary>
/// <param name="Payload">The result; opaque.</param>
/// <param name="Custom">Bytes beside the payload.</param>
public readonly record struct CallResponse(ReadOnlyMemory<byte> Payload, ReadOnlyMemory<byte> Custom = default)
{
    /// <summary>An answer of just a payload.</summary>
    public static implicit operator CallResponse(ReadOnlyMemory<byte> payload) => new(payload);

    /// <summary>An answer of just a payload.</summary>
    public static implicit operator CallResponse(byte[] payload) => new(payload);

    /// <summary>An answer of just a payload.</summary>
    public static CallResponse FromPayload(ReadOnlyMemory<byte> payload) => new(payload);
}

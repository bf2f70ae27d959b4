namespace Frontier.Client;

/// <summary>Turns values into payloads and back. Both ends of a method or topic must agree on it; Frontier itself never looks into a payload.</summary>
public interface IPayloadSerializer
{
    /// <summary>The payload for a value.</summary>
    /// <typeparam name="T">The value's type as the method declares it.</typeparam>
    ReadOnlyMemory<byte> Serialize<T>(T value);

    /// <summary>The value in a payload.</summary>
    /// <typeparam name="T">The type as the method declares it.</typeparam>
    /// <exception cref="FrontierException">The payload is no such value (Protocol).</exception>
    T Deserialize<T>(ReadOnlyMemory<byte> payload);
}

using System.Text.Json.Serialization.Metadata;

namespace Frontier.Client;

/// <summary>Values instead of payloads, where it is the same for edges and services.</summary>
public static class TypedClientExtensions
{
    /// <summary>Serves a method that takes a value and returns one, both as JSON. A payload that is no such value is the caller's error.</summary>
    /// <param name="client">Where.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="handler">Gets the argument and what else is known of the call; see <see cref="FrontierClient.RegisterAsync"/>.</param>
    /// <param name="argumentType">The argument's generated type information.</param>
    /// <param name="answerType">That of the answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task RegisterAsync<TArgument, TAnswer>(
        this FrontierClient client, string method, Func<TArgument, FrontierRequest, CancellationToken, ValueTask<TAnswer>> handler,
        JsonTypeInfo<TArgument> argumentType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.RegisterAsync(
            method,
            async (request, token) =>
            {
                var argument = JsonPayloadSerializer.Read(request.Payload, argumentType);
                return JsonPayloadSerializer.Write(await handler(argument, request, token).ConfigureAwait(false), answerType);
            },
            cancellationToken);
    }

    /// <summary>Serves a method that takes a value and returns one, both by <see cref="FrontierClientOptions.Serializer"/>.</summary>
    /// <param name="client">Where.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="handler">Gets the argument and what else is known of the call; see <see cref="FrontierClient.RegisterAsync"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">The options name no serializer.</exception>
    public static Task RegisterAsync<TArgument, TAnswer>(
        this FrontierClient client, string method, Func<TArgument, FrontierRequest, CancellationToken, ValueTask<TAnswer>> handler, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        var serializer = client.Options.RequireSerializer();
        return client.RegisterAsync(
            method,
            async (request, token) =>
            {
                var argument = serializer.Deserialize<TArgument>(request.Payload);
                return serializer.Serialize(await handler(argument, request, token).ConfigureAwait(false));
            },
            cancellationToken);
    }

    /// <summary>The value in a message, from JSON.</summary>
    /// <exception cref="FrontierException">The payload is no such value (Protocol).</exception>
    public static T Read<T>(this FrontierMessage message, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(message);
        return JsonPayloadSerializer.Read(message.Payload, type);
    }

    /// <summary>The value in the argument of a call, from JSON.</summary>
    /// <exception cref="FrontierException">The payload is no such value (Protocol).</exception>
    public static T Read<T>(this FrontierRequest request, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(request);
        return JsonPayloadSerializer.Read(request.Payload, type);
    }
}

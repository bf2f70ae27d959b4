using System.Text.Json.Serialization.Metadata;

namespace Frontier.Client;

/// <summary>Values instead of payloads, on a stream.</summary>
public static class TypedStreamExtensions
{
    /// <summary>Calls a method with a value and gets one back, both as JSON.</summary>
    /// <param name="stream">Who calls.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="argument">The argument.</param>
    /// <param name="argumentType">Its generated type information.</param>
    /// <param name="answerType">That of the answer.</param>
    /// <param name="options">What else to say about the call.</param>
    /// <param name="cancellationToken">Gives up; the handler is told if the other end can be.</param>
    /// <exception cref="FrontierException">The call failed, or the answer is not what it should be (Protocol).</exception>
    public static async Task<TAnswer> CallAsync<TArgument, TAnswer>(
        this FrontierStream stream, string method, TArgument argument, JsonTypeInfo<TArgument> argumentType, JsonTypeInfo<TAnswer> answerType,
        CallOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var response = await stream.CallAsync(method, JsonPayloadSerializer.Write(argument, argumentType), options, cancellationToken).ConfigureAwait(false);
        return JsonPayloadSerializer.Read(response.Payload, answerType);
    }

    /// <summary>Publishes a value as JSON; completes when it is acknowledged.</summary>
    /// <param name="stream">Who publishes.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="content">The content.</param>
    /// <param name="contentType">Its generated type information.</param>
    /// <param name="options">What else to say about the message.</param>
    /// <param name="cancellationToken">Gives up waiting; the message may have arrived.</param>
    public static ValueTask PublishAsync<TContent>(
        this FrontierStream stream, string topic, TContent content, JsonTypeInfo<TContent> contentType, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.PublishAsync(topic, JsonPayloadSerializer.Write(content, contentType), options, cancellationToken);
    }

    /// <summary>Serves a method that takes a value and returns one, both as JSON. A payload that is no such value is the caller's error.</summary>
    /// <param name="stream">Where.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="handler">Gets the argument and what else is known of the call; see <see cref="FrontierClient.RegisterAsync"/>.</param>
    /// <param name="argumentType">The argument's generated type information.</param>
    /// <param name="answerType">That of the answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task RegisterAsync<TArgument, TAnswer>(
        this FrontierStream stream, string method, Func<TArgument, FrontierRequest, CancellationToken, ValueTask<TAnswer>> handler,
        JsonTypeInfo<TArgument> argumentType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(handler);
        return stream.RegisterAsync(
            method,
            async (request, token) =>
            {
                var argument = JsonPayloadSerializer.Read(request.Payload, argumentType);
                return JsonPayloadSerializer.Write(await handler(argument, request, token).ConfigureAwait(false), answerType);
            },
            cancellationToken);
    }
}

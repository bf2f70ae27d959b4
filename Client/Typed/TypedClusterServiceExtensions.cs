using System.Text.Json.Serialization.Metadata;

namespace Frontier.Client;

/// <summary>Values instead of payloads, at a cluster service.</summary>
public static class TypedClusterServiceExtensions
{
    /// <summary>Calls a method with a value and gets one back, both as JSON.</summary>
    /// <param name="service">Who calls.</param>
    /// <param name="edgeId">The edge.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="argument">The argument.</param>
    /// <param name="argumentType">Its generated type information.</param>
    /// <param name="answerType">That of the answer.</param>
    /// <param name="options">What else to say about the call.</param>
    /// <param name="cancellationToken">Gives up; the handler is told if the other end can be.</param>
    /// <exception cref="FrontierException">The call failed, or the answer is not what it should be (Protocol).</exception>
    public static async Task<TAnswer> CallAsync<TArgument, TAnswer>(
        this FrontierClusterService service, ulong edgeId, string method, TArgument argument, JsonTypeInfo<TArgument> argumentType, JsonTypeInfo<TAnswer> answerType,
        CallOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        var payload = JsonPayloadSerializer.Write(argument, argumentType);
        var response = await service.CallAsync(edgeId, method, payload, options, cancellationToken).ConfigureAwait(false);
        return JsonPayloadSerializer.Read(response.Payload, answerType);
    }

    /// <summary>Publishes a value as JSON; completes when it is acknowledged.</summary>
    /// <param name="service">Who publishes.</param>
    /// <param name="edgeId">The edge.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="content">The content.</param>
    /// <param name="contentType">Its generated type information.</param>
    /// <param name="options">What else to say about the message.</param>
    /// <param name="cancellationToken">Gives up waiting; the message may have arrived.</param>
    public static ValueTask PublishAsync<TContent>(
        this FrontierClusterService service, ulong edgeId, string topic, TContent content, JsonTypeInfo<TContent> contentType, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        return service.PublishAsync(edgeId, topic, JsonPayloadSerializer.Write(content, contentType), options, cancellationToken);
    }

    /// <summary>Calls a method with a value and gets one back, both by <see cref="FrontierClientOptions.Serializer"/>.</summary>
    /// <param name="service">Who calls.</param>
    /// <param name="edgeId">The edge.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="argument">The argument.</param>
    /// <param name="options">What else to say about the call.</param>
    /// <param name="cancellationToken">Gives up; the handler is told if the other end can be.</param>
    /// <exception cref="FrontierException">The call failed, or the answer is not what it should be (Protocol).</exception>
    /// <exception cref="InvalidOperationException">The options name no serializer.</exception>
    public static async Task<TAnswer> CallAsync<TArgument, TAnswer>(
        this FrontierClusterService service, ulong edgeId, string method, TArgument argument, CallOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        var serializer = service.Options.RequireSerializer();
        var response = await service.CallAsync(edgeId, method, serializer.Serialize(argument), options, cancellationToken).ConfigureAwait(false);
        return serializer.Deserialize<TAnswer>(response.Payload);
    }

    /// <summary>Publishes a value by <see cref="FrontierClientOptions.Serializer"/>; completes when it is acknowledged.</summary>
    /// <param name="service">Who publishes.</param>
    /// <param name="edgeId">The edge.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="content">The content.</param>
    /// <param name="options">What else to say about the message.</param>
    /// <param name="cancellationToken">Gives up waiting; the message may have arrived.</param>
    /// <exception cref="InvalidOperationException">The options name no serializer.</exception>
    public static ValueTask PublishValueAsync<TContent>(
        this FrontierClusterService service, ulong edgeId, string topic, TContent content, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        return service.PublishAsync(edgeId, topic, service.Options.RequireSerializer().Serialize(content), options, cancellationToken);
    }
}

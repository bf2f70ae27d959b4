using Frontier.GrainInterfaces;

namespace Frontier.Client;

/// <summary>An edge: a program behind a NAT that services reach through its connection to a gateway, and that reaches services by method, topic or name.</summary>
public sealed class FrontierEdge : FrontierClient
{
    private FrontierEdge(ClientConnection connection)
        : base(connection)
    {
    }

    /// <summary>The id by which services address this edge.</summary>
    public ulong EdgeId => Connection.Id;

    /// <summary>Connects and logs in.</summary>
    /// <param name="options">Where to and how.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    /// <exception cref="FrontierException">The gateway refused (Refused, with its text), did not answer in time (Timeout), or is not to be reached (ConnectionLost).</exception>
    public static async Task<FrontierEdge> ConnectAsync(FrontierEdgeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new FrontierEdge(await ClientConnection.ConnectAsync(options, options.Meta, isService: false, cancellationToken));
    }

    /// <summary>Calls a method that some service registered.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="payload">The argument; must not change until the call is done.</param>
    /// <param name="options">What else to say about the call.</param>
    /// <param name="cancellationToken">Gives up; the handler is told if the other end can be.</param>
    /// <returns>The answer; to be awaited once.</returns>
    /// <exception cref="FrontierException">The call failed; the code says why, the message is the other end's text.</exception>
    public ValueTask<CallResponse> CallAsync(
        string method, ReadOnlyMemory<byte> payload, CallOptions? options = null, CancellationToken cancellationToken = default) =>
        Connection.Root.CallAsync(method, payload, options, null, cancellationToken);

    /// <summary>Publishes a message to whoever takes the topic; completes when it is acknowledged.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="payload">The content; must not change until it is acknowledged.</param>
    /// <param name="options">What else to say about the message.</param>
    /// <param name="cancellationToken">Gives up waiting; the message may have arrived.</param>
    /// <exception cref="FrontierException">Nobody takes the topic, the receiver failed it, or it was not acknowledged in time.</exception>
    public ValueTask PublishAsync(
        string topic, ReadOnlyMemory<byte> payload, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        return Connection.Root.PublishAsync(topic, payload, options, null, cancellationToken);
    }

    /// <summary>Opens a stream to a service.</summary>
    /// <param name="serviceName">The service's name.</param>
    /// <param name="meta">What to tell the service about the stream; opaque.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FrontierException">No such service is online, or it did not answer.</exception>
    public Task<FrontierStream> OpenStreamAsync(string serviceName, ReadOnlyMemory<byte> meta = default, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(serviceName);
        return Connection.OpenStreamAsync(serviceName, 0, meta, cancellationToken);
    }
}

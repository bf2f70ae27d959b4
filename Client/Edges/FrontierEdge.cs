
namespace Frontier.Client;

/// <summary>An edge: a program behind a NAT that services reach through its connection to a gateway, and that reaches services by method, topic or name.</summary>
public sealed class FrontierEdge : FrontierClient
{
    /// <summary>Makes an edge that is not connected yet; for those who want to listen to its events from the start, or to have it connect in the background.</summary>
    /// <param name="options">Where to and how.</param>
    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    public FrontierEdge(FrontierEdgeOptions options)
        : base(Checked(options), options.Meta, isService: false)
    {
    }

    /// <summary>The id by which services address this edge; 0 before the first connection. It stays the same over reconnects unless the gateway says otherwise.</summary>
    public ulong EdgeId => Supervisor.Current?.Id ?? 0;

    /// <summary>Connects to an address and logs in.</summary>
    /// <param name="endPoints"><c>HOST:PORT</c> or <c>[IPV6]:PORT</c>, or several with commas between them; without a port the one for edges, 30012.</param>
    /// <param name="options">How; its <see cref="FrontierClientOptions.EndPoints"/> do not count.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FormatException">An address is none.</exception>
    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    /// <exception cref="FrontierException">As from <see cref="ConnectAsync(FrontierEdgeOptions, CancellationToken)"/>.</exception>
    public static Task<FrontierEdge> ConnectAsync(string endPoints, FrontierEdgeOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(endPoints);
        return ConnectAsync((options ?? new FrontierEdgeOptions()) with { EndPoints = EndPointText.ParseList(endPoints, FrontierEdgeOptions.DefaultPort) }, cancellationToken);
    }

    /// <summary>Connects and logs in.</summary>
    /// <param name="options">Where to and how.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    /// <exception cref="FrontierException">The gateway refused (Refused, with its text), did not answer in time (Timeout), or is not to be reached (ConnectionLost).</exception>
    public static async Task<FrontierEdge> ConnectAsync(FrontierEdgeOptions options, CancellationToken cancellationToken = default)
    {
        var edge = new FrontierEdge(options);
        try
        {
            await edge.StartAsync(cancellationToken).ConfigureAwait(false);
            return edge;
        }
        catch
        {
            await edge.DisposeAsync().ConfigureAwait(false);
            throw;
        }
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
        SendCallAsync(null, method, payload, options, cancellationToken);

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
        return SendMessageAsync(null, topic, payload, options, cancellationToken);
    }

    /// <summary>Opens a stream to a service.</summary>
    /// <param name="serviceName">The service's name.</param>
    /// <param name="meta">What to tell the service about the stream; opaque.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FrontierException">No such service is online, or it did not answer.</exception>
    public async Task<FrontierStream> OpenStreamAsync(string serviceName, ReadOnlyMemory<byte> meta = default, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(serviceName);
        return await Connection.OpenStreamAsync(serviceName, 0, meta, cancellationToken).ConfigureAwait(false);
    }

    private static FrontierEdgeOptions Checked(FrontierEdgeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return options;
    }
}

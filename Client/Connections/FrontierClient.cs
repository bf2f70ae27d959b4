using Frontier.Protocol;
using Microsoft.Extensions.Logging;

namespace Frontier.Client;

/// <summary>
/// What an edge and a service have in common: a connection to a gateway that is made anew when it ends, methods served over it, messages and streams
/// taken from it.
/// </summary>
/// <remarks>
/// A call that was sent on a connection that ends fails with <see cref="FrontierErrorCode.ConnectionLost"/>: whether it was handled is not known, so it is not
/// sent again. Streams end with their connection. Methods, topics, and the enumerations of messages and streams go on with the next one.
/// </remarks>
public abstract partial class FrontierClient : IAsyncDisposable
{
    /// <summary>The name of the SDK's <see cref="System.Diagnostics.ActivitySource"/> and <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string TelemetryName = "Frontier.Client";

    private readonly ConnectionSupervisor _supervisor;
    private readonly OfflineQueue? _offline;

    private protected FrontierClient(FrontierClientOptions options, ReadOnlyMemory<byte> meta, bool isService, ClientHome? home = null)
    {
        if (meta.Length > options.Connection.MaxMetaBytes)
        {
            throw new FrontierException(FrontierErrorCode.TooLarge, $"The connection's metadata has {meta.Length} bytes; {options.Connection.MaxMetaBytes} are allowed.");
        }

        Options = options;
        _supervisor = new ConnectionSupervisor(this, options, meta, isService, home);
        foreach (var (method, handler) in options.Methods)
        {
            OutgoingFrame.CheckName(method, options.Connection);
            _supervisor.Home.Methods.TryAdd(new MethodHandler(method, handler));
        }

        _offline = options.OfflineQueueCapacity > 0 ? new OfflineQueue(this, options.OfflineQueueCapacity) : null;
    }

    /// <summary>
    /// Raised when the client is connected: logged in, and the gateway knows every method. This and the other events are raised one after the other, on the thread pool; what
    /// handles them should return soon, for reconnecting waits for it, and must not wait for <see cref="CloseAsync"/>.
    /// </summary>
    public event EventHandler<FrontierConnectedEventArgs>? Connected;

    /// <summary>Raised once for each connection that ended.</summary>
    public event EventHandler<FrontierDisconnectedEventArgs>? Disconnected;

    /// <summary>Raised before each try to connect anew.</summary>
    public event EventHandler<FrontierReconnectingEventArgs>? Reconnecting;

    /// <summary>How the client stands with its gateway.</summary>
    public FrontierConnectionState State => _supervisor.State;

    /// <summary>Counts the connections of this client; 0 before the first.</summary>
    public int Generation => _supervisor.Generation;

    /// <summary>
    /// Whether the connection is up and the gateway has not said that it is about to close it, after which new calls fail with
    /// <see cref="FrontierErrorCode.GatewayDraining"/> until the next connection is there. A call may find out later than the other end that it is not.
    /// </summary>
    public bool IsConnected => _supervisor.Current is { IsOpen: true, IsPeerClosing: false };

    /// <summary>Why the last connection ended; <see cref="Protocol.DisconnectReason.None"/> while it is up.</summary>
    public DisconnectReason DisconnectReason => _supervisor.Current?.DisconnectReason ?? DisconnectReason.None;

    /// <summary>
    /// Done when the client is over for good, with the reason: it was closed, the gateway refused it (<see cref="Protocol.DisconnectReason.Refused"/>, and
    /// <see cref="Failure"/> says more), or the connection ended and <see cref="FrontierClientOptions.Reconnect"/> is null. Never fails.
    /// </summary>
    public Task<DisconnectReason> Completion => _supervisor.Completion;

    /// <summary>What the client failed with when it is over and nobody closed it: what the gateway refused it with.</summary>
    public FrontierException? Failure => _supervisor.Failure;

    internal FrontierClientOptions Options { get; }

    /// <summary>The connection in use, or the last one there was.</summary>
    /// <exception cref="FrontierException">There was none yet (ConnectionLost).</exception>
    internal ClientConnection Connection => _supervisor.Current ?? throw new FrontierException(FrontierErrorCode.ConnectionLost, "The client is not connected yet.");

    internal ConnectionSupervisor Supervisor => _supervisor;

    /// <summary>
    /// Connects and logs in; for a client that was made and not yet started. Completes with the first connection. Fails when no address is to be reached unless
    /// <see cref="ReconnectOptions.RetryFirstConnection"/> is set; the client is then over.
    /// </summary>
    /// <param name="cancellationToken">Gives up; with <see cref="ReconnectOptions.RetryFirstConnection"/> only the waiting, and the client goes on trying.</param>
    /// <exception cref="FrontierException">The gateway refused (Refused, with its text), did not answer in time (Timeout), or is not to be reached (ConnectionLost).</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) => _supervisor.StartAsync(cancellationToken);

    /// <summary>Waits until the client is connected; at once when it is.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FrontierException">The client is over.</exception>
    public Task WaitUntilConnectedAsync(CancellationToken cancellationToken = default) => _supervisor.WaitUntilConnectedAsync(cancellationToken);

    /// <summary>Serves a method, on this connection and all that follow; completes when the gateway knows, or at once before the client is started.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="handler">
    /// Serves each call, on the thread pool and several at a time. Its token is canceled when the caller gives up, when the caller's deadline passes,
    /// or when the connection ends. A <see cref="FrontierException"/> it throws goes to the caller with its text; of any other the caller only
    /// learns that the handler failed, and the log has the rest.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">The method is registered already.</exception>
    /// <exception cref="FrontierException">The gateway refused, or the client is over.</exception>
    public Task RegisterAsync(
        string method, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>> handler, CancellationToken cancellationToken = default) =>
        _supervisor.RegisterAsync(method, handler, cancellationToken);

    /// <summary>
    /// Messages as they come, over all connections, until the client is over. Each is to be acknowledged or failed, in any order; its sender waits for that. When
    /// <see cref="FrontierClientOptions.MessageQueueCapacity"/> messages are not acknowledged, the gateway holds back further ones; calls, answers and streams come
    /// all the same, so the loop that takes messages may wait for any of them.
    /// </summary>
    public IAsyncEnumerable<FrontierMessage> ReceiveAsync(CancellationToken cancellationToken = default) => _supervisor.Home.Inbox.ReadAllAsync(cancellationToken);

    /// <summary>Streams that others open, as they come, over all connections, until the client is over. Each must be read or disposed.</summary>
    public IAsyncEnumerable<FrontierStream> AcceptStreamsAsync(CancellationToken cancellationToken = default) => _supervisor.Home.AcceptStreamsAsync(cancellationToken);

    /// <summary>
    /// Closes in good order: what was sent before arrives, calls in flight get their answer or <see cref="FrontierErrorCode.ConnectionLost"/>. Takes at
    /// most <see cref="ConnectionOptions.CloseTimeout"/> for each step, whatever the gateway does.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting; the connection closes all the same.</param>
    public Task CloseAsync(CancellationToken cancellationToken = default) => _supervisor.CloseAsync(cancellationToken);

    /// <summary>Closes like <see cref="CloseAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    internal void OnConnected(FrontierConnectedEventArgs e, ILogger logger)
    {
        _offline?.Flush();
        Raise(Connected, e, logger);
    }

    internal void OnDisconnected(FrontierDisconnectedEventArgs e, ILogger logger) => Raise(Disconnected, e, logger);

    internal void OnReconnecting(FrontierReconnectingEventArgs e, ILogger logger) => Raise(Reconnecting, e, logger);

    internal void OnFinished() => _offline?.Close();

    /// <summary>Makes a call on the connection in use.</summary>
    private protected ValueTask<CallResponse> SendCallAsync(ulong? edgeId, string method, ReadOnlyMemory<byte> payload, CallOptions? options, CancellationToken cancellationToken)
    {
        if (_supervisor.Current is not { } connection)
        {
            return ValueTask.FromException<CallResponse>(NotConnected());
        }

        return ClientTelemetry.ObservesCalls
            ? ClientTelemetry.ObserveAsync(method, edgeId, () => connection.Root.CallAsync(method, payload, options, edgeId, cancellationToken))
            : connection.Root.CallAsync(method, payload, options, edgeId, cancellationToken);
    }

    /// <summary>Publishes a message on the connection in use, or puts it into the queue for the next.</summary>
    private protected ValueTask SendMessageAsync(ulong? edgeId, string topic, ReadOnlyMemory<byte> payload, PublishOptions? options, CancellationToken cancellationToken) =>
        ClientTelemetry.ObservesCalls
            ? ClientTelemetry.ObserveAsync(topic, edgeId, () => PublishNowAsync(edgeId, topic, payload, options, cancellationToken))
            : PublishNowAsync(edgeId, topic, payload, options, cancellationToken);

    private static FrontierException NotConnected() => new(FrontierErrorCode.ConnectionLost, "The client is not connected yet.");

    private void Raise<TArgs>(EventHandler<TArgs>? handlers, TArgs e, ILogger logger)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler(this, e);
            }
#pragma warning disable CA1031 // An application's mistake must not keep its client from reconnecting.
            catch (Exception error)
#pragma warning restore CA1031
            {
                Log.EventHandlerFailed(logger, error);
            }
        }
    }

    private ValueTask PublishNowAsync(ulong? edgeId, string topic, ReadOnlyMemory<byte> payload, PublishOptions? options, CancellationToken cancellationToken)
    {
        if (_offline is { IsIdle: false })
        {
            OutgoingFrame.CheckName(topic, Options.Connection);
            OutgoingFrame.CheckTimeout(options?.Timeout);
            return new ValueTask(_offline.PublishAsync(topic, payload, options, edgeId, options?.Timeout ?? Options.DefaultTimeout, cancellationToken));
        }

        return _supervisor.Current is { } connection
            ? connection.Root.PublishAsync(topic, payload, options, edgeId, cancellationToken)
            : ValueTask.FromException(NotConnected());
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A handler of a connection event failed.")]
        public static partial void EventHandlerFailed(ILogger logger, Exception exception);
    }
}

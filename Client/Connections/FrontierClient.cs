using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>What an edge and a service have in common: one connection to a gateway, methods served over it, messages and streams taken from it.</summary>
public abstract class FrontierClient : IAsyncDisposable
{
    private protected FrontierClient(ClientConnection connection) => Connection = connection;

    /// <summary>
    /// Whether the connection is up and the gateway has not said that it is about to close it, after which new calls fail with
    /// <see cref="FrontierErrorCode.GatewayDraining"/>. A call may find out later than the other end that it is not.
    /// </summary>
    public bool IsConnected => Connection.IsOpen && !Connection.IsPeerClosing;

    /// <summary>Why the connection ended; <see cref="Protocol.DisconnectReason.None"/> while it is up.</summary>
    public DisconnectReason DisconnectReason => Connection.DisconnectReason;

    /// <summary>Done when the connection is over for good, with the reason. Never fails.</summary>
    public Task<DisconnectReason> Completion => Connection.Completion;

    internal ClientConnection Connection { get; }

    /// <summary>Serves a method; completes when the gateway knows.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="handler">
    /// Serves each call, on the thread pool and several at a time. Its token is canceled when the caller gives up, when the caller's deadline passes,
    /// or when the connection ends. A <see cref="FrontierException"/> it throws goes to the caller with its text; of any other the caller only
    /// learns that the handler failed, and the log has the rest.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">The method is registered already.</exception>
    /// <exception cref="FrontierException">The gateway refused, or the connection is lost.</exception>
    public Task RegisterAsync(
        string method, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>> handler, CancellationToken cancellationToken = default) =>
        Connection.Root.RegisterAsync(method, handler, cancellationToken);

    /// <summary>
    /// Messages as they come, until the connection ends. Each is to be acknowledged or failed, in any order; its sender waits for that. When
    /// <see cref="FrontierClientOptions.MessageQueueCapacity"/> messages wait, reading the connection stops until some are taken; while nobody
    /// enumerates, further messages are refused instead.
    /// </summary>
    public IAsyncEnumerable<FrontierMessage> ReceiveAsync(CancellationToken cancellationToken = default) => Connection.Root.ReceiveAsync(cancellationToken);

    /// <summary>Streams that others open, as they come, until the connection ends. Each must be read or disposed.</summary>
    public IAsyncEnumerable<FrontierStream> AcceptStreamsAsync(CancellationToken cancellationToken = default) => Connection.AcceptStreamsAsync(cancellationToken);

    /// <summary>
    /// Closes in good order: what was sent before arrives, calls in flight get their answer or <see cref="FrontierErrorCode.ConnectionLost"/>. Takes at
    /// most <see cref="ConnectionOptions.CloseTimeout"/> for each step, whatever the gateway does.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting; the connection closes all the same.</param>
    public Task CloseAsync(CancellationToken cancellationToken = default) => Connection.CloseAsync(cancellationToken);

    /// <summary>Closes like <see cref="CloseAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }
}

using System.Globalization;
using System.Text;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>A service: a program in the backend that edges reach by method, topic or name, and that reaches each edge by its id.</summary>
public sealed class FrontierService : FrontierClient
{
    /// <summary>Makes a service that is not connected yet; for those who want to listen to its events from the start, or to have it connect in the background.</summary>
    /// <param name="options">Where to and how.</param>
    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    public FrontierService(FrontierServiceOptions options)
        : this(options, null)
    {
    }

    internal FrontierService(FrontierServiceOptions options, ClientHome? home)
        : base(Checked(options), WireJson.ServiceMeta(options.Name, options.Topics), isService: true, home) => Name = options.Name;

    /// <summary>This instance's id; 0 before the first connection.</summary>
    public ulong ServiceId => Supervisor.Current?.Id ?? 0;

    /// <summary>The name under which edges open streams; may be empty.</summary>
    public string Name { get; }

    /// <summary>Connects to an address and logs in.</summary>
    /// <param name="endPoints"><c>HOST:PORT</c> or <c>[IPV6]:PORT</c>, or several with commas between them; without a port the one for services, 30011.</param>
    /// <param name="options">How; its <see cref="FrontierClientOptions.EndPoints"/> do not count.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FormatException">An address is none.</exception>
    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    /// <exception cref="FrontierException">As from <see cref="ConnectAsync(FrontierServiceOptions, CancellationToken)"/>.</exception>
    public static Task<FrontierService> ConnectAsync(string endPoints, FrontierServiceOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(endPoints);
        return ConnectAsync((options ?? new FrontierServiceOptions()) with { EndPoints = EndPointText.ParseList(endPoints, FrontierServiceOptions.DefaultPort) }, cancellationToken);
    }

    /// <summary>Connects and logs in.</summary>
    /// <param name="options">Where to and how.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    /// <exception cref="FrontierException">The gateway refused (Refused, with its text), did not answer in time (Timeout), or is not to be reached (ConnectionLost).</exception>
    public static async Task<FrontierService> ConnectAsync(FrontierServiceOptions options, CancellationToken cancellationToken = default)
    {
        var service = new FrontierService(options);
        try
        {
            await service.StartAsync(cancellationToken).ConfigureAwait(false);
            return service;
        }
        catch
        {
            await service.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Calls a method of an edge.</summary>
    /// <param name="edgeId">The edge.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="payload">The argument; must not change until the call is done.</param>
    /// <param name="options">What else to say about the call.</param>
    /// <param name="cancellationToken">Gives up; the handler is told if the other end can be.</param>
    /// <returns>The answer; to be awaited once.</returns>
    /// <exception cref="FrontierException">The call failed; the code says why, the message is the other end's text.</exception>
    public ValueTask<CallResponse> CallAsync(
        ulong edgeId, string method, ReadOnlyMemory<byte> payload, CallOptions? options = null, CancellationToken cancellationToken = default) =>
        SendCallAsync(edgeId, method, payload, options, cancellationToken);

    /// <summary>Sends a message to an edge; completes when the edge acknowledged it.</summary>
    /// <param name="edgeId">The edge.</param>
    /// <param name="topic">A word to the edge what the message is about; may be empty.</param>
    /// <param name="payload">The content; must not change until it is acknowledged.</param>
    /// <param name="options">What else to say about the message.</param>
    /// <param name="cancellationToken">Gives up waiting; the message may have arrived.</param>
    /// <exception cref="FrontierException">The edge is not online, failed the message, or did not acknowledge it in time.</exception>
    public ValueTask PublishAsync(
        ulong edgeId, string topic, ReadOnlyMemory<byte> payload, PublishOptions? options = null, CancellationToken cancellationToken = default) =>
        SendMessageAsync(edgeId, topic, payload, options, cancellationToken);

    /// <summary>
    /// Sends a message to an edge that may wait for it. Completes when the edge acknowledged it; or, when the edge is not online or older messages wait for
    /// it, as soon as the message is stored. It is delivered then when the edge comes, in order and at least once, or expires; see
    /// <see cref="OnEdgeMessageOutcomeAsync"/>. Needs a gateway whose configuration says <c>edges.retain</c>.
    /// </summary>
    /// <param name="edgeId">The edge.</param>
    /// <param name="topic">A word to the edge what the message is about; may be empty.</param>
    /// <param name="payload">The content.</param>
    /// <param name="timeToLive">How long the message may wait, in whole milliseconds; the gateway has a limit, <c>edges.max_lifetime</c>.</param>
    /// <param name="options">What else to say about the message.</param>
    /// <param name="cancellationToken">Gives up waiting; the message may have arrived or be stored.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time to live is not positive.</exception>
    /// <exception cref="FrontierException">
    /// The gateway does not keep messages for edges, or not for so long (Refused), there is no room for more (SlowConsumer), its store cannot be reached
    /// (QueueUnavailable), or the edge failed the message or did not acknowledge it in time.
    /// </exception>
    public async Task<PublishReceipt> PublishOrKeepAsync(
        ulong edgeId,
        string topic,
        ReadOnlyMemory<byte> payload,
        TimeSpan timeToLive,
        PublishOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        if ((Connection.PeerFeatures & PeerFeatures.Keep) == 0)
        {
            throw new FrontierException(FrontierErrorCode.Refused, "The gateway does not keep messages for edges.");
        }

        OutgoingFrame.CheckName(topic, Options.Connection);
        var call = new CallOptions { Timeout = options?.Timeout, Custom = options?.Custom ?? default };
        var packed = KeptForEdge.Pack(topic, payload, timeToLive);
        var answer = await SendCallAsync(edgeId, KeptForEdge.Method, packed, call, cancellationToken).ConfigureAwait(false);
        return new PublishReceipt(Encoding.ASCII.GetString(answer.Payload.Span));
    }

    /// <summary>
    /// Hears what became of messages that waited for edges (<see cref="PublishOrKeepAsync"/>): its own, and those of other instances of the same name that are gone.
    /// An outcome may come before the publish has completed, and again after trouble in the cluster. Completes when the gateway knows of the hook.
    /// </summary>
    /// <param name="handle">Gets the outcome; should return soon, because the edge's next messages wait for it.</param>
    /// <param name="cancellationToken">Gives up registering.</param>
    public Task OnEdgeMessageOutcomeAsync(Func<EdgeMessageReport, CancellationToken, ValueTask> handle, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return RegisterAsync(
            KeptForEdge.OutcomeMethod,
            async (request, token) =>
            {
                await handle(WireJson.ParseReport(request.Payload.Span), token).ConfigureAwait(false);
                return default;
            },
            cancellationToken);
    }

    /// <summary>Opens a stream to an edge.</summary>
    /// <param name="edgeId">The edge.</param>
    /// <param name="meta">What to tell the edge about the stream; opaque.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FrontierException">The edge is not online, or did not answer.</exception>
    public async Task<FrontierStream> OpenStreamAsync(ulong edgeId, ReadOnlyMemory<byte> meta = default, CancellationToken cancellationToken = default) =>
        await Connection.OpenStreamAsync(edgeId.ToString(CultureInfo.InvariantCulture), edgeId, meta, cancellationToken).ConfigureAwait(false);

    /// <summary>Decides which id an edge that logs in gets. Completes when the gateway knows of the hook.</summary>
    /// <param name="identify">Gets the edge's metadata and returns its id; an exception refuses the edge, with the text of a <see cref="FrontierException"/>.</param>
    /// <param name="cancellationToken">Gives up registering.</param>
    public Task OnGetEdgeIdAsync(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ulong>> identify, CancellationToken cancellationToken = default) =>
        RegisterAsync(PresenceHandlers.GetEdgeIdMethod, PresenceHandlers.Identify(identify), cancellationToken);

    /// <summary>Hears of edges that come online, before they are let in. Completes when the gateway knows of the hook.</summary>
    /// <param name="handle">Gets the edge; an exception refuses it, with the text of a <see cref="FrontierException"/>.</param>
    /// <param name="cancellationToken">Gives up registering.</param>
    public Task OnEdgeOnlineAsync(Func<EdgePresence, CancellationToken, ValueTask> handle, CancellationToken cancellationToken = default) =>
        RegisterAsync(PresenceHandlers.EdgeOnlineMethod, PresenceHandlers.Presence(handle), cancellationToken);

    /// <summary>Hears of edges that went offline. Completes when the gateway knows of the hook.</summary>
    /// <param name="handle">Gets the edge; see <see cref="EdgePresence.Epoch"/> for telling an older session from the present one.</param>
    /// <param name="cancellationToken">Gives up registering.</param>
    public Task OnEdgeOfflineAsync(Func<EdgePresence, CancellationToken, ValueTask> handle, CancellationToken cancellationToken = default) =>
        RegisterAsync(PresenceHandlers.EdgeOfflineMethod, PresenceHandlers.Presence(handle), cancellationToken);

    private static FrontierServiceOptions Checked(FrontierServiceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return options;
    }
}

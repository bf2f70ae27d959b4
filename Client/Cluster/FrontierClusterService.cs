using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Frontier.Client;

/// <summary>
/// A service with a connection to every gateway of a cluster. What is for an edge goes to the gateway that holds it, if that is known, or to any other, which
/// forwards it; always to the same for one edge, as long as the gateways stay the same, so that messages keep their order. A call that fails is
/// that call's business: connections are only given up when they are lost.
/// </summary>
public sealed partial class FrontierClusterService : IAsyncDisposable
{
    // The gateway that was thought to hold the edge, and one more.
    private const int MaxTries = 2;

    private readonly FrontierClusterServiceOptions _options;
    private readonly IGatewayDirectory _directory;
    private readonly ClientHome _home;
    private readonly RouteCache _routes;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, Member> _members = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _leaving = [];
    private Task _refreshing = Task.CompletedTask;
    private volatile Member[] _connected = [];
    private int _closed;

    /// <summary>Makes a service that is not connected yet.</summary>
    /// <param name="options">Where the gateways are, and how to connect.</param>
    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    public FrontierClusterService(FrontierClusterServiceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _directory = options.Frontlas is null ? new StaticGatewayDirectory(options.Gateways) : new FrontlasDirectory(options);
        _home = new ClientHome(options.Service);
        _routes = new RouteCache(options.RouteCapacity, options.RouteLifetime, () => Environment.TickCount64);
        _logger = options.Service.LoggerFactory?.CreateLogger("Frontier.Client.FrontierClusterService") ?? NullLogger.Instance;
    }

    /// <summary>The service's name; may be empty.</summary>
    public string Name => _options.Service.Name;

    /// <summary>The gateways that are known, and how the connections to them stand.</summary>
    public IReadOnlyList<ClusterGateway> Gateways =>
        [.. _members.Values.Select(member => new ClusterGateway(member.Gateway.Id, member.Gateway.EndPoint, member.Service.State, member.Service.ServiceId))];

    /// <summary>Whether there is a connection to any gateway.</summary>
    public bool IsConnected => _connected.Any(member => member.Service.IsConnected);

    internal FrontierServiceOptions Options => _options.Service;

    /// <summary>Finds the gateways and connects; completes when there is one connection, and goes on with the others.</summary>
    /// <param name="options">Where the gateways are, and how to connect.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    /// <exception cref="FrontierException">The façade does not answer or knows no gateway (ConnectionLost), or every gateway refuses (Refused).</exception>
    public static async Task<FrontierClusterService> ConnectAsync(FrontierClusterServiceOptions options, CancellationToken cancellationToken = default)
    {
        var service = new FrontierClusterService(options);
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

    /// <summary>Finds the gateways and connects, once; completes when there is one connection, and goes on with the others.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FrontierException">The façade does not answer or knows no gateway (ConnectionLost), or every gateway refuses (Refused).</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Apply(await _directory.ListAsync(cancellationToken).ConfigureAwait(false));
        if (_members.IsEmpty)
        {
            throw new FrontierException(FrontierErrorCode.ConnectionLost, $"Frontlas at {_options.Frontlas} knows no gateway.");
        }

        _refreshing = Task.Run(RefreshAsync, CancellationToken.None);
        var waiting = _members.Values.Select(member => member.Service.WaitUntilConnectedAsync(cancellationToken)).ToList();
        while (true)
        {
            var first = await Task.WhenAny(waiting).ConfigureAwait(false);
            waiting.Remove(first);
            if (first.IsCompletedSuccessfully || waiting.Count == 0)
            {
                foreach (var other in waiting)
                {
                    _ = other.ContinueWith(static task => task.Exception, TaskScheduler.Default); // Its gateway may yet refuse.
                }

                await first.ConfigureAwait(false);
                return;
            }

            _ = first.Exception;
        }
    }

    /// <summary>Calls a method of an edge.</summary>
    /// <param name="edgeId">The edge.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="payload">The argument; must not change until the call is done.</param>
    /// <param name="options">What else to say about the call.</param>
    /// <param name="cancellationToken">Gives up; the handler is told if the other end can be.</param>
    /// <exception cref="FrontierException">The call failed; the code says why, the message is the other end's text.</exception>
    public Task<CallResponse> CallAsync(
        ulong edgeId, string method, ReadOnlyMemory<byte> payload, CallOptions? options = null, CancellationToken cancellationToken = default) =>
        RouteAsync(edgeId, (service, token) => service.CallAsync(edgeId, method, payload, options, token).AsTask(), cancellationToken);

    /// <summary>Sends a message to an edge; completes when the edge acknowledged it.</summary>
    /// <param name="edgeId">The edge.</param>
    /// <param name="topic">A word to the edge what the message is about; may be empty.</param>
    /// <param name="payload">The content; must not change until it is acknowledged.</param>
    /// <param name="options">What else to say about the message.</param>
    /// <param name="cancellationToken">Gives up waiting; the message may have arrived.</param>
    /// <exception cref="FrontierException">The edge is not online, failed the message, or did not acknowledge it in time.</exception>
    public async ValueTask PublishAsync(
        ulong edgeId, string topic, ReadOnlyMemory<byte> payload, PublishOptions? options = null, CancellationToken cancellationToken = default) =>
        await RouteAsync(
            edgeId,
            async (service, token) =>
            {
                await service.PublishAsync(edgeId, topic, payload, options, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);

    /// <summary>Opens a stream to an edge.</summary>
    /// <param name="edgeId">The edge.</param>
    /// <param name="meta">What to tell the edge about the stream; opaque.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FrontierException">The edge is not online, or did not answer.</exception>
    public Task<FrontierStream> OpenStreamAsync(ulong edgeId, ReadOnlyMemory<byte> meta = default, CancellationToken cancellationToken = default) =>
        RouteAsync(edgeId, (service, token) => service.OpenStreamAsync(edgeId, meta, token), cancellationToken);

    /// <summary>Serves a method at every gateway there is or will be; completes when those connected know. See <see cref="FrontierClient.RegisterAsync"/>.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="handler">Serves each call.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">The method is registered already.</exception>
    /// <exception cref="FrontierException">A gateway refused.</exception>
    public async Task RegisterAsync(
        string method, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>> handler, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        ArgumentNullException.ThrowIfNull(handler);
        OutgoingFrame.CheckName(method, _options.Service.Connection);
        var entry = new MethodHandler(method, handler);
        if (!_home.Methods.TryAdd(entry))
        {
            throw new InvalidOperationException($"The method {method} is registered already.");
        }

        try
        {
            // One that is connecting just now may have missed the method and is told, too, but not waited for.
            var telling = _members.Values.Select(member => (member, Task: TellAsync(member, method, cancellationToken))).ToArray();
            await Task.WhenAll(telling.Where(t => t.member.Service.IsConnected).Select(t => t.Task)).ConfigureAwait(false);
        }
        catch
        {
            _home.Methods.Remove(entry);
            throw;
        }
    }

    /// <summary>Messages as they come, from all gateways, until the service is closed; see <see cref="FrontierClient.ReceiveAsync"/>.</summary>
    public IAsyncEnumerable<FrontierMessage> ReceiveAsync(CancellationToken cancellationToken = default) => _home.Inbox.ReadAllAsync(cancellationToken);

    /// <summary>Streams that edges open, as they come, from all gateways, until the service is closed. Each must be read or disposed.</summary>
    public IAsyncEnumerable<FrontierStream> AcceptStreamsAsync(CancellationToken cancellationToken = default) => _home.AcceptStreamsAsync(cancellationToken);

    /// <summary>Decides which id an edge that logs in gets; see <see cref="FrontierService.OnGetEdgeIdAsync"/>.</summary>
    public Task OnGetEdgeIdAsync(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ulong>> identify, CancellationToken cancellationToken = default) =>
        RegisterAsync(PresenceHandlers.GetEdgeIdMethod, PresenceHandlers.Identify(identify), cancellationToken);

    /// <summary>Hears of edges that come online, once for each session; see <see cref="FrontierService.OnEdgeOnlineAsync"/>.</summary>
    public Task OnEdgeOnlineAsync(Func<EdgePresence, CancellationToken, ValueTask> handle, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return RegisterAsync(PresenceHandlers.EdgeOnlineMethod, PresenceHandlers.Presence(new PresenceFilter(handle).HandleAsync), cancellationToken);
    }

    /// <summary>Hears of edges that went offline, once for each session; see <see cref="FrontierService.OnEdgeOfflineAsync"/>.</summary>
    public Task OnEdgeOfflineAsync(Func<EdgePresence, CancellationToken, ValueTask> handle, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return RegisterAsync(PresenceHandlers.EdgeOfflineMethod, PresenceHandlers.Presence(new PresenceFilter(handle).HandleAsync), cancellationToken);
    }

    /// <summary>Closes every connection in good order.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _refreshing.ConfigureAwait(false);
        await Task.WhenAll(_members.Values.Select(member => member.Service.CloseAsync())).ConfigureAwait(false);
        Task[] leaving;
        lock (_leaving)
        {
            leaving = [.. _leaving];
        }

        await Task.WhenAll(leaving).ConfigureAwait(false);
        _home.Close();
        _directory.Dispose();
        _stopping.Dispose();
    }

    private static async Task TellAsync(Member member, string method, CancellationToken cancellationToken)
    {
        try
        {
            await member.Service.Supervisor.AnnounceAsync(method, cancellationToken).ConfigureAwait(false);
        }
        catch (FrontierException) when (member.Service.State == FrontierConnectionState.Closed)
        {
            // A gateway that left needs not know.
        }
    }

    private async Task RefreshAsync()
    {
        using var timer = new PeriodicTimer(_options.RefreshInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                try
                {
                    Apply(await _directory.ListAsync(_stopping.Token).ConfigureAwait(false));
                }
                catch (FrontierException e)
                {
                    Log.NotListed(_logger, e.Message); // What is connected stays connected.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Closed.
        }
    }

    private void Apply(IReadOnlyList<KnownGateway> gateways)
    {
        var wanted = gateways.DistinctBy(gateway => gateway.Id).ToDictionary(gateway => gateway.Id, StringComparer.Ordinal);
        foreach (var (id, member) in _members)
        {
            // A gateway that only the façade has lost sight of is kept as long as its connection holds.
            var moved = wanted.TryGetValue(id, out var gateway) && !gateway.EndPoint.Equals(member.Gateway.EndPoint);
            if (moved || (gateway is null && gateways.Count > 0 && !member.Service.IsConnected))
            {
                Remove(member);
            }
        }

        foreach (var gateway in wanted.Values)
        {
            if (!_members.ContainsKey(gateway.Id))
            {
                Add(gateway);
            }
        }
    }

    private void Add(KnownGateway gateway)
    {
        var options = _options.Service with
        {
            EndPoints = [gateway.EndPoint],
            Id = 0,
            Reconnect = _options.Service.Reconnect! with { RetryFirstConnection = true },
        };
        var member = new Member(gateway, new FrontierService(options, _home));
        member.Service.Connected += (_, _) => Changed();
        member.Service.Disconnected += (_, _) =>
        {
            _routes.ForgetGateway(gateway.Id);
            Changed();
        };
        if (_members.TryAdd(gateway.Id, member))
        {
            Log.Found(_logger, gateway.Id, gateway.EndPoint);
            _ = member.Service.StartAsync(_stopping.Token).ContinueWith(static task => task.Exception, TaskScheduler.Default); // Logged there.
        }
    }

    private void Remove(Member member)
    {
        if (_members.TryRemove(new KeyValuePair<string, Member>(member.Gateway.Id, member)))
        {
            Log.Lost(_logger, member.Gateway.Id);
            Changed();
            lock (_leaving)
            {
                _leaving.RemoveAll(task => task.IsCompleted);
                _leaving.Add(member.Service.CloseAsync());
            }
        }
    }

    private void Changed() => _connected = [.. _members.Values.Where(member => member.Service.IsConnected).OrderBy(member => member.Gateway.Id, StringComparer.Ordinal)];

    private async Task<T> RouteAsync<T>(ulong edgeId, Func<FrontierService, CancellationToken, Task<T>> act, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Member? before = null;
        for (var attempt = 1; ; attempt++)
        {
            var member = await ChooseAsync(edgeId, before, cancellationToken).ConfigureAwait(false);
            try
            {
                return await act(member.Service, cancellationToken).ConfigureAwait(false);
            }
            catch (FrontierException e) when (attempt < MaxTries && e.Code is FrontierErrorCode.EdgeNotOnline or FrontierErrorCode.GatewayDraining)
            {
                // Neither was anything done. The edge may have gone elsewhere since it was looked up.
                var wasKnown = _routes.Find(edgeId) == member.Gateway.Id;
                _routes.Forget(edgeId);
                if (e.Code == FrontierErrorCode.EdgeNotOnline && !wasKnown)
                {
                    throw;
                }

                before = e.Code == FrontierErrorCode.GatewayDraining ? member : null;
            }
        }
    }

    private async ValueTask<Member> ChooseAsync(ulong edgeId, Member? not, CancellationToken cancellationToken)
    {
        var known = _routes.Find(edgeId);
        if (known is null)
        {
            try
            {
                known = await _directory.FindAsync(edgeId, cancellationToken).ConfigureAwait(false);
                if (known is not null)
                {
                    _routes.Learn(edgeId, known);
                }
            }
            catch (FrontierException e)
            {
                Log.NotLocated(_logger, edgeId, e.Message); // Any gateway will do.
            }
        }

        if (known is not null && _members.TryGetValue(known, out var holder) && holder != not && holder.Service.IsConnected)
        {
            return holder;
        }

        var connected = _connected;
        for (var i = 0; i < connected.Length; i++)
        {
            var member = connected[(int)((edgeId + (ulong)i) % (ulong)connected.Length)];
            if (member != not && member.Service.IsConnected)
            {
                return member;
            }
        }

        throw new FrontierException(FrontierErrorCode.ConnectionLost, "There is no connection to any gateway.");
    }

    private sealed record Member(KnownGateway Gateway, FrontierService Service);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Gateway {Gateway} at {EndPoint}.")]
        public static partial void Found(ILogger logger, string gateway, System.Net.EndPoint endPoint);

        [LoggerMessage(2, LogLevel.Information, "Gateway {Gateway} is gone.")]
        public static partial void Lost(ILogger logger, string gateway);

        [LoggerMessage(3, LogLevel.Warning, "The gateways could not be listed: {Error}")]
        public static partial void NotListed(ILogger logger, string error);

        [LoggerMessage(4, LogLevel.Debug, "Edge {EdgeId} could not be located: {Error}")]
        public static partial void NotLocated(ILogger logger, ulong edgeId, string error);
    }
}

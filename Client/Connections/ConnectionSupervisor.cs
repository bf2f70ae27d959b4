using System.Net;
using Frontier.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Frontier.Client;

/// <summary>
/// Keeps one client connected: makes the first connection, watches it, and makes the next one when it ends or the gateway wants this client elsewhere.
/// What it decides, it decides on one loop; everyone else reads <see cref="Current"/>.
/// </summary>
#pragma warning disable CA1001 // Others may still ask the source for its token when the client is over; it holds no handle.
internal sealed partial class ConnectionSupervisor
#pragma warning restore CA1001
{
    // A gateway that says goodbye closes an idle connection within a round trip. Until then it may still hold the edge's id.
    private static readonly TimeSpan GoodbyeGrace = TimeSpan.FromMilliseconds(200);

    // How long what is under way on a connection that was replaced may take to finish: what gateways allow a forward.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(30);

    private readonly FrontierClient _client;
    private readonly FrontierClientOptions _options;
    private readonly ReadOnlyMemory<byte> _meta;
    private readonly bool _isService;
    private readonly bool _ownsHome;
    private readonly EndPointRotation _rotation;
    private readonly Backoff? _backoff;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _draining = [];
    private readonly TaskCompletionSource<DisconnectReason> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ClientConnection? _current;
    private FrontierConnectionState _state;
    private int _generation;
    private bool _reported;
    private bool _insistsOnId = true;

    /// <summary>Makes it; <see cref="StartAsync"/> starts it.</summary>
    /// <param name="client">Who hears of it.</param>
    /// <param name="options">How to connect.</param>
    /// <param name="meta">The metadata to connect with.</param>
    /// <param name="isService">Whether this end is a service.</param>
    /// <param name="sharedHome">What this client shares with others; null for its own.</param>
    public ConnectionSupervisor(FrontierClient client, FrontierClientOptions options, ReadOnlyMemory<byte> meta, bool isService, ClientHome? sharedHome)
    {
        _client = client;
        _options = options;
        _meta = meta;
        _isService = isService;
        Home = sharedHome ?? new ClientHome(options);
        _ownsHome = sharedHome is null;
        _rotation = new EndPointRotation(options.EndPoints, options.ConnectCallback is null ? Dns.GetHostAddressesAsync : null);
        _backoff = options.Reconnect is { } reconnect ? new Backoff(reconnect, Random.Shared.NextDouble) : null;
        _logger = options.LoggerFactory?.CreateLogger(isService ? "Frontier.Client.FrontierService" : "Frontier.Client.FrontierEdge") ?? NullLogger.Instance;
    }

    public ClientHome Home { get; }

    /// <summary>The connection in use, or the last one there was; null before the first.</summary>
    public ClientConnection? Current => _current;

    public FrontierConnectionState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Why the client is over, when that is not because somebody closed it.</summary>
    public FrontierException? Failure { get; private set; }

    /// <summary>Done when the client is over for good.</summary>
    public Task<DisconnectReason> Completion => _completion.Task;

    /// <summary>Makes the first connection.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_state != FrontierConnectionState.Idle)
            {
                throw new InvalidOperationException("A client is started once.");
            }

            _state = FrontierConnectionState.Connecting;
        }

        if (_options.Reconnect is { RetryFirstConnection: true })
        {
            Run(null);
            await WaitUntilConnectedAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        ClientConnection connection;
        try
        {
            connection = await ConnectFirstAsync(giveUp.Token).ConfigureAwait(false);
        }
        catch (FrontierException e)
        {
            Failure = e;
            Finish(e.Code is FrontierErrorCode.Refused or FrontierErrorCode.EdgeIdInUse ? DisconnectReason.Refused : DisconnectReason.ConnectionLost);
            throw;
        }
        catch
        {
            Finish(DisconnectReason.Closed);
            throw;
        }

        Enter(connection);
        Run(connection);
    }

    /// <summary>Waits for a connection.</summary>
    /// <exception cref="FrontierException">The client is over: what it failed with, or ConnectionLost.</exception>
    public async Task WaitUntilConnectedAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_state == FrontierConnectionState.Connected)
                {
                    return;
                }

                if (_state == FrontierConnectionState.Closed)
                {
                    throw Over();
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Serves a method, on this connection and all that follow; completes when a gateway knows.</summary>
    public async Task RegisterAsync(string method, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>> handler, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        ArgumentNullException.ThrowIfNull(handler);
        OutgoingFrame.CheckName(method, _options.Connection);
        cancellationToken.ThrowIfCancellationRequested();
        var entry = new MethodHandler(method, handler);
        if (!Home.Methods.TryAdd(entry))
        {
            throw new InvalidOperationException($"The method {method} is registered already.");
        }

        if (State == FrontierConnectionState.Idle)
        {
            return; // Told with all others as soon as there is a connection.
        }

        try
        {
            await AnnounceAsync(method, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Home.Methods.Remove(entry);
            throw;
        }
    }

    /// <summary>Completes when a gateway knows a method that is in place.</summary>
    public async Task AnnounceAsync(string method, CancellationToken cancellationToken)
    {
        while (!await TryAnnounceAsync(method, cancellationToken).ConfigureAwait(false))
        {
            await WaitUntilConnectedAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the client: closes the connection in good order and tries for no other.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        bool neverStarted;
        lock (_gate)
        {
            neverStarted = _state == FrontierConnectionState.Idle;
        }

        _stopped.TrySetResult();
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (neverStarted)
        {
            Finish(DisconnectReason.Closed);
        }

        await _completion.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private FrontierException Over() => Failure ?? new FrontierException(FrontierErrorCode.ConnectionLost, "The client is closed.");

    // False when there is no connection to tell, or it went away meanwhile: the next one is told of every method.
    private async Task<bool> TryAnnounceAsync(string method, CancellationToken cancellationToken)
    {
        var connection = _current;
        try
        {
            if (connection is null)
            {
                await WaitUntilConnectedAsync(cancellationToken).ConfigureAwait(false);
                return false;
            }

            await connection.AnnounceAsync(method, cancellationToken).ConfigureAwait(false);
            return connection == _current || _options.Reconnect is null;
        }
        catch (FrontierException e) when (_options.Reconnect is not null && e.Code is FrontierErrorCode.ConnectionLost or FrontierErrorCode.GatewayDraining)
        {
            // The loop may not have noticed yet; it will, and then it connects anew or the client is over.
            await Task.WhenAny(connection!.Leaving, _completion.Task).WaitAsync(cancellationToken).ConfigureAwait(false);
            await WaitForOtherAsync(connection, cancellationToken).ConfigureAwait(false);
            return false;
        }
    }

    private async Task WaitForOtherAsync(ClientConnection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_state == FrontierConnectionState.Closed)
                {
                    throw Over();
                }

                if (_current != connection)
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Run(ClientConnection? connection) => _ = DetachedLoop.Run(() => RunAsync(connection));

    private async Task RunAsync(ClientConnection? connection)
    {
        var reason = DisconnectReason.Closed;
        try
        {
            connection ??= await ReplaceAsync(null).ConfigureAwait(false);
            while (connection is not null)
            {
                await Task.WhenAny(connection.Completion, _stopped.Task, _backoff is null ? connection.Completion : connection.Leaving).ConfigureAwait(false);
                if (_stopping.IsCancellationRequested || _backoff is null)
                {
                    break;
                }

                if (Environment.TickCount64 - connection.ConnectedAt >= _options.Reconnect!.StableAfter.TotalMilliseconds)
                {
                    _backoff.Reset();
                }

                connection = await ReplaceAsync(connection).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Closed while trying to connect.
        }
#pragma warning disable CA1031 // Whatever it is, those who wait for the client must learn that it is over.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.SupervisorFailed(_logger, e);
            Failure = new FrontierException(FrontierErrorCode.Unknown, "The client failed; see the inner exception.", e);
            reason = DisconnectReason.InternalError;
        }

        if (_current is { } last)
        {
            last.Close(DisconnectReason.Closed); // Does nothing where it ended by itself.
            reason = await last.Completion.ConfigureAwait(false);
            ReportDisconnected(last, reason, willReconnect: false);
        }

        Task[] draining;
        lock (_draining)
        {
            draining = [.. _draining];
        }

        await Task.WhenAll(draining).ConfigureAwait(false);
        Finish(Failure is { Code: FrontierErrorCode.Refused } ? DisconnectReason.Refused : reason);
    }

    // Tries until there is a connection. Null when the gateway refuses for good.
    private async Task<ClientConnection?> ReplaceAsync(ClientConnection? old)
    {
        FrontierException? lastError = null;
        var since = Environment.TickCount64;
        for (var attempt = 1; ; attempt++)
        {
            ReportWhenDown(old);
            var delay = TimeSpan.Zero;
            if (attempt == 1 && (old is null || (_backoff!.IsFresh && IsToldToLeave(old))))
            {
                _backoff!.Skip();
            }
            else
            {
                delay = _backoff!.Next();
            }

            RaiseReconnecting(attempt, delay, lastError);
            await Task.Delay(delay, _stopping.Token).ConfigureAwait(false);
            if (old is { IsPeerClosing: true })
            {
                await Task.WhenAny(old.Completion, Task.Delay(GoodbyeGrace, _stopping.Token)).ConfigureAwait(false);
            }

            ReportWhenDown(old);
            try
            {
                var connection = await TryAllAsync(old, since, _stopping.Token).ConfigureAwait(false);
                ReportWhenDown(old);
                Enter(connection);
                if (old is { Completion.IsCompleted: false })
                {
                    Drain(old);
                }

                return connection;
            }
            catch (FrontierException e) when (!LoginRefusal.IsFinal(e))
            {
                lastError = e;
                Log.TryFailed(_logger, attempt, e.Message);
            }
            catch (FrontierException e)
            {
                Log.RefusedForGood(_logger, e.Message);
                Failure = e;
                return null;
            }
#pragma warning disable CA1031 // A callback of the application's (TLS, for one) that fails today may not tomorrow: as good a reason to try again as any.
            catch (Exception e) when (!_stopping.IsCancellationRequested)
#pragma warning restore CA1031
            {
                lastError = new FrontierException(FrontierErrorCode.Unknown, $"The client could not connect: {e.Message}", e);
                Log.TryBroke(_logger, attempt, e);
            }
        }
    }

    private static bool IsToldToLeave(ClientConnection old) => old.IsPeerClosing || old.IsOpen;

    private void ReportWhenDown(ClientConnection? old)
    {
        if (old is { IsOpen: false } or { IsPeerClosing: true })
        {
            var reason = old.DisconnectReason;
            ReportDisconnected(old, reason == DisconnectReason.None ? DisconnectReason.Closed : reason, willReconnect: true);
        }
    }

    // Goes on while the id is held: by this edge's own session, as far as anybody can tell, until its gateway has noticed that it is dead.
    private async Task<ClientConnection> ConnectFirstAsync(CancellationToken cancellationToken)
    {
        var since = Environment.TickCount64;
        var backoff = new Backoff(_options.Reconnect ?? new ReconnectOptions(), Random.Shared.NextDouble);
        while (true)
        {
            try
            {
                return await TryAllAsync(null, since, cancellationToken).ConfigureAwait(false);
            }
            catch (FrontierException e) when (e.Code == FrontierErrorCode.EdgeIdInUse && !HasInsisted(since))
            {
                var delay = backoff.Next();
                Log.IdInUse(_logger, _options.Id, delay);
                await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private bool HasInsisted(long since) =>
        Environment.TickCount64 - since >= (_options.Reconnect?.KeepIdFor ?? 2 * _options.HeartbeatInterval).TotalMilliseconds;

    // One try: all addresses, until one lets this client in.
    private async Task<ClientConnection> TryAllAsync(ClientConnection? old, long since, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_options.ConnectTimeout);
        IReadOnlyList<EndPoint> round;
        try
        {
            round = await _rotation.NextRoundAsync(_options.LocalEndPoint?.AddressFamily, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FrontierException(FrontierErrorCode.Timeout, $"The gateway's name could not be looked up within {_options.ConnectTimeout}.");
        }

        FrontierException? failure = null;
        var left = round.ToList();
        while (left.Count > 0)
        {
            try
            {
                return await TryAsync(left, old, since, cancellationToken).ConfigureAwait(false);
            }
            catch (FrontierException e) when (!LoginRefusal.IsFinal(e))
            {
                failure = failure is { Code: FrontierErrorCode.EdgeIdInUse } ? failure : e; // A gateway that answers says more than one that does not.
            }
        }

        throw failure!;
    }

    private async Task<ClientConnection> TryAsync(List<EndPoint> endPoints, ClientConnection? old, long since, CancellationToken cancellationToken)
    {
        var wanted = _current?.Id ?? _options.Id; // Another than the options' only where that is allowed.
        // A gateway that asked for the move gave what lets this client keep its id though the old connection still has it.
        var options = old is { MoveRequested: { IsCompletedSuccessfully: true, Result: var move } } ? _options with { MoveToken = move.Token } : _options;
        // With an id of its own the edge is that or nothing. One that got its id from a gateway wants it back, but not for ever.
        var isOwnId = _options.Id != 0 && !_options.AllowOtherId;
        var insists = !_isService && wanted != 0
            && (isOwnId || (old is not null && _insistsOnId && (old.IsOpen || !HasInsisted(since))));
        var connection = await ClientConnection.ConnectAsync(options, endPoints, wanted, insists, _meta, _isService, Home, cancellationToken)
            .ConfigureAwait(false);
        _rotation.Last = connection.EndPoint;
        if (_isService || wanted == 0 || connection.Id == wanted)
        {
            return connection;
        }

        if (insists)
        {
            // One that knows what insisting is gives another id only by decision; others also while they have not noticed that the old session is dead.
            var isDecided = isOwnId && (connection.PeerFeatures & PeerFeatures.ExactId) != 0;
            connection.Close(DisconnectReason.Closed);
            await connection.Completion.ConfigureAwait(false);
            throw isDecided
                ? new FrontierException(FrontierErrorCode.Refused, $"The gateway gives this edge the id {connection.Id} and not {wanted}: ids are not the edge's to choose here.")
                : new FrontierException(FrontierErrorCode.EdgeIdInUse, $"The gateway gives this edge another id: it holds a session of edge {wanted}.");
        }

        Log.OtherId(_logger, wanted, connection.Id);
        _insistsOnId = false; // This gateway does not give ids back.
        return connection;
    }

    // What is under way on the connection that was replaced may finish.
    private void Drain(ClientConnection old)
    {
        var draining = DrainAsync();
        lock (_draining)
        {
            _draining.RemoveAll(task => task.IsCompleted);
            _draining.Add(draining);
        }

        async Task DrainAsync()
        {
            await Task.WhenAny(old.CloseWhenDoneAsync(DisconnectReason.Closed, DrainTime), _stopped.Task).ConfigureAwait(false);
            old.Close(DisconnectReason.Closed); // Does nothing where it is closing already.
            await old.Completion.ConfigureAwait(false);
        }
    }

    private void Enter(ClientConnection connection)
    {
        int generation;
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (_current is not null && !_reported)
            {
                ClientTelemetry.Replaced(_isService);
            }

            _current = connection;
            _state = FrontierConnectionState.Connected;
            generation = ++_generation;
            _reported = false;
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        ClientTelemetry.Connected(_isService, generation);
        changed.TrySetResult();
        _client.OnConnected(new FrontierConnectedEventArgs(generation, connection.Id, connection.EndPoint), _logger);
    }

    // Once for each connection.
    private void ReportDisconnected(ClientConnection connection, DisconnectReason reason, bool willReconnect)
    {
        TaskCompletionSource changed;
        int generation;
        lock (_gate)
        {
            if (_reported || connection != _current)
            {
                return;
            }

            _reported = true;
            generation = _generation;
            _state = willReconnect ? FrontierConnectionState.Reconnecting : _state;
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        ClientTelemetry.Disconnected(_isService, reason);
        changed.TrySetResult();
        _client.OnDisconnected(new FrontierDisconnectedEventArgs(generation, reason, willReconnect), _logger);
    }

    private void RaiseReconnecting(int attempt, TimeSpan delay, FrontierException? lastError)
    {
        Log.Reconnecting(_logger, attempt, delay.TotalMilliseconds);
        _client.OnReconnecting(new FrontierReconnectingEventArgs(attempt, delay, lastError), _logger);
    }

    private void Finish(DisconnectReason reason)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _state = FrontierConnectionState.Closed;
            changed = _changed;
        }

        if (_ownsHome)
        {
            Home.Close();
        }

        changed.TrySetResult();
        _client.OnFinished();
        _completion.TrySetResult(reason);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Try {Attempt} to connect, in {Delay:0} ms.")]
        public static partial void Reconnecting(ILogger logger, int attempt, double delay);

        [LoggerMessage(2, LogLevel.Warning, "Try {Attempt} to connect failed: {Error}")]
        public static partial void TryFailed(ILogger logger, int attempt, string error);

        [LoggerMessage(3, LogLevel.Error, "The gateway refuses this client, which gives up: {Error}")]
        public static partial void RefusedForGood(ILogger logger, string error);

        [LoggerMessage(4, LogLevel.Warning, "The edge had id {Old} and has {New} now.")]
        public static partial void OtherId(ILogger logger, ulong old, ulong @new);

        [LoggerMessage(7, LogLevel.Warning, "Edge id {Id} is held by another session; asking for it again in {Delay}.")]
        public static partial void IdInUse(ILogger logger, ulong id, TimeSpan delay);

        [LoggerMessage(6, LogLevel.Error, "Connection attempt {Attempt} failed unexpectedly; the client tries again.")]
        public static partial void TryBroke(ILogger logger, int attempt, Exception exception);

        [LoggerMessage(5, LogLevel.Critical, "The client cannot go on.")]
        public static partial void SupervisorFailed(ILogger logger, Exception exception);
    }
}

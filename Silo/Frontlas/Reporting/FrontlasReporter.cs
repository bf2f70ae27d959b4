using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Frontier.Gateway;
using Frontier.Protocol;
using Microsoft.Extensions.Options;

namespace Frontier.Silo;

/// <summary>
/// Reports the sessions of this gateway to a Frontlas of the original, as a frontier of the original does, so that cluster services that ask that Frontlas find
/// them. What is told is what is so when it is told: a session that came and went meanwhile is never mentioned. After each login everything is told again.
/// </summary>
internal sealed partial class FrontlasReporter(
    EdgeTable edges, CatalogReplica catalog, GatewayIdentity identity, GatewayAnnouncement announcement, TimerWheel wheel, IOptions<FrontlasOptions> options,
    IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<FrontlasReporter> logger) : BackgroundService, ISessionObserver
{
    // Beyond it everything is compared instead, which costs as much and needs no memory.
    private const int MaxChanged = 65_536;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FarewellPatience = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    // Set when a session began or ended, and when the connection did.
    private readonly AutoResetSignal _signal = new();

    // What Frontlas has been told. Only the loop touches it.
    private readonly Dictionary<(PeerKind Kind, ulong Id), Told> _told = [];
    private HashSet<(PeerKind Kind, ulong Id)> _changed = [];
    private bool _compareAll;
    private long _refused;
    private string? _lastRefusal;

    /// <inheritdoc/>
    public void OnChanged(PeerKind kind, ulong id)
    {
        lock (_gate)
        {
            if (_changed.Count < MaxChanged)
            {
                _changed.Add((kind, id));
            }
            else
            {
                _compareAll = true;
            }
        }

        _signal.Set();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (lifetime.ApplicationStarted.Register(started.SetResult)) // The listeners have their ports, and the gateway its final id.
        {
            await started.Task.WaitAsync(stoppingToken);
        }

        var failures = 0;
        var next = Random.Shared.Next(options.Value.Dial.Addrs.Count);
        while (!stoppingToken.IsCancellationRequested)
        {
            var address = options.Value.Dial.Addrs[next++ % options.Value.Dial.Addrs.Count];
            var delay = Delay(failures);
            try
            {
                if (await TryConnectAsync(address, delay, stoppingToken) is { } connection)
                {
                    failures = 0;
                    await ReportAsync(connection, address, stoppingToken);
                    delay = Delay(0);
                }
                else
                {
                    failures++;
                }

                await Task.Delay(delay, clock, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static TimeSpan Delay(int failures)
    {
        var longest = FirstDelay * Math.Pow(2, Math.Min(failures, 10));
        return (longest < MaxDelay ? longest : MaxDelay) * (0.5 + (Random.Shared.NextDouble() / 2));
    }

    private async Task<FrontlasConnection?> TryConnectAsync(string address, TimeSpan delay, CancellationToken stoppingToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        patience.CancelAfter(ConnectTimeout);
        try
        {
            if (announcement.Describe() is not { } self)
            {
                return null; // No listeners: the process is stopping.
            }

            var meta = JsonSerializer.SerializeToUtf8Bytes(
                new FrontierReports.InstanceBody(self.GatewayId, self.ServiceboundAddress, self.EdgeboundAddress), FrontlasReportJson.Own.InstanceBody);
            _ = ListenAddress.TryParse(address, out var parsed);
            var connection = await FrontlasConnection.ConnectAsync(options.Value.Dial, parsed, meta, wheel, patience.Token);
            Log.Connected(logger, address, self.GatewayId);
            return connection;
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            Log.TimedOut(logger, address, ConnectTimeout, delay);
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException or AuthenticationException or CryptographicException or UnauthorizedAccessException)
        {
            Log.NotConnected(logger, address, delay, error);
        }

        return null;
    }

    private async Task ReportAsync(FrontlasConnection connection, string address, CancellationToken stoppingToken)
    {
        foreach (var told in _told.Values)
        {
            (told.IsTaken, told.IsPending) = (false, false); // It may be another Frontlas, or one that has forgotten.
        }

        lock (_gate)
        {
            _compareAll = true;
        }

        try
        {
            await ReportUntilClosedAsync(connection, stoppingToken);
            Log.Lost(logger, address, connection.DisconnectReason);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await LeaveAsync(connection);
            throw;
        }
        finally
        {
            connection.Abort(DisconnectReason.ShuttingDown); // Nothing where it is over.
        }
    }

    private async Task ReportUntilClosedAsync(FrontlasConnection connection, CancellationToken stoppingToken)
    {
        var period = options.Value.Heartbeat;
        var steps = Math.Max(1, (int)period.TotalSeconds);
        var step = 0;
        var nextStep = clock.GetTimestamp();
        var nextStats = clock.GetTimestamp();
        var round = Array.Empty<(PeerKind, ulong)>();
        _ = connection.Completion.ContinueWith(_ => _signal.Set(), TaskScheduler.Default);
        while (!connection.Completion.IsCompleted)
        {
            if (!await ReportChangesAsync(connection, stoppingToken))
            {
                return;
            }

            var now = clock.GetTimestamp();
            if (now >= nextStep)
            {
                // Signs of life are spread over the period, so that they are no burst.
                round = step == 0 ? [.. _told.Keys] : round;
                foreach (var key in round.AsSpan((int)((long)round.Length * step / steps)..(int)((long)round.Length * (step + 1) / steps)).ToArray())
                {
                    if (_told.TryGetValue(key, out var told) && !told.IsPending && !await SendAsync(connection, key, told, stoppingToken))
                    {
                        return;
                    }
                }

                step = (step + 1) % steps;
                nextStep = now + (long)((period / steps).TotalSeconds * clock.TimestampFrequency);
                LogRefusals();
            }

            if (options.Value.Metrics.Enable && now >= nextStats)
            {
                var counts = new FrontlasStatsBody(identity.GatewayId, edges.Count, catalog.LocalCount);
                if (!await connection.TryReportAsync("frontier_stats", JsonSerializer.SerializeToUtf8Bytes(counts, FrontlasReportJson.Own.FrontlasStatsBody), NoteRefusal, stoppingToken))
                {
                    return;
                }

                nextStats = now + ((long)options.Value.Metrics.Interval * clock.TimestampFrequency);
            }

            var left = TimeSpan.FromSeconds((double)(nextStep - clock.GetTimestamp()) / clock.TimestampFrequency);
            await _signal.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, stoppingToken);
        }
    }

    private async Task<bool> ReportChangesAsync(FrontlasConnection connection, CancellationToken cancellationToken)
    {
        HashSet<(PeerKind Kind, ulong Id)> changed;
        bool all;
        lock (_gate)
        {
            (changed, _changed) = (_changed, []);
            (all, _compareAll) = (_compareAll, false);
        }

        if (all)
        {
            changed.UnionWith(_told.Keys);
            changed.UnionWith(edges.All.Select(edge => (PeerKind.Edge, edge.EdgeId)));
            changed.UnionWith(catalog.Locals.Select(service => (PeerKind.Service, service.ServiceId)));
        }

        foreach (var key in changed)
        {
            var session = Find(key);
            if (_told.TryGetValue(key, out var told) && told.Session == session && (told.IsTaken || told.IsPending))
            {
                continue; // It was told so, or is about to be.
            }

            if (session is not null)
            {
                told = new Told(session);
                _told[key] = told;
                if (!await SendAsync(connection, key, told, cancellationToken))
                {
                    return false; // Everything is compared after the next login.
                }
            }
            else if (told is not null)
            {
                var isEdge = key.Kind == PeerKind.Edge;
                if (!await connection.TryReportAsync(isEdge ? "edge_offline" : "service_offline", Body(key), NoteRefusal, cancellationToken))
                {
                    return false;
                }

                _told.Remove(key);
            }
        }

        return true;
    }

    // That a session is there; once Frontlas knows, only that it still is.
    private async ValueTask<bool> SendAsync(FrontlasConnection connection, (PeerKind Kind, ulong Id) key, Told told, CancellationToken cancellationToken)
    {
        var noun = key.Kind == PeerKind.Edge ? "edge" : "service";
        var isKnown = told.IsTaken;
        told.IsPending = true;
        return await connection.TryReportAsync(
            isKnown ? $"{noun}_heartbeat" : $"{noun}_online",
            isKnown ? Body(key) : Body(key, told.Session),
            problem =>
            {
                // One that is refused, or whose sign of life is, is told in full the next time.
                told.IsTaken = problem is null;
                told.IsPending = false;
                NoteRefusal(problem);
            },
            cancellationToken);
    }

    private PeerSession? Find((PeerKind Kind, ulong Id) key)
    {
        PeerSession? session = key.Kind == PeerKind.Edge ? edges.Find(key.Id) : catalog.FindLocal(key.Id);
        return session is { IsOpen: true } ? session : null;
    }

    private byte[] Body((PeerKind Kind, ulong Id) key, PeerSession? session = null) => JsonSerializer.SerializeToUtf8Bytes(
        new FrontierReports.ReportBody(
            identity.GatewayId,
            key.Kind == PeerKind.Edge ? key.Id : null,
            key.Kind == PeerKind.Service ? key.Id : null,
            session is ServiceSession service ? Encoding.UTF8.GetString(service.Meta.Span) : null,
            session?.Address),
        FrontlasReportJson.Own.ReportBody);

    // What is left to say, and goodbye: Frontlas then drops this gateway at once.
    private async Task LeaveAsync(FrontlasConnection connection)
    {
        using var patience = new CancellationTokenSource(FarewellPatience);
        try
        {
            if (await ReportChangesAsync(connection, patience.Token))
            {
                await connection.WhenAnsweredAsync(patience.Token);
            }

            connection.Close(DisconnectReason.Closed);
            await connection.Completion.WaitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Log.NotLeft(logger, FarewellPatience);
        }
    }

    // Called on the connection's loop.
    private void NoteRefusal(string? problem)
    {
        if (problem is not null)
        {
            _lastRefusal = problem;
            Interlocked.Increment(ref _refused);
        }
    }

    private void LogRefusals()
    {
        if (Interlocked.Exchange(ref _refused, 0) is > 0 and var count)
        {
            Log.Refused(logger, count, _lastRefusal, options.Value.Heartbeat);
        }
    }

    private sealed class Told(PeerSession session)
    {
        private volatile bool _isTaken;
        private volatile bool _isPending;

        public PeerSession Session => session;

        /// <summary>Whether Frontlas has confirmed it.</summary>
        public bool IsTaken
        {
            get => _isTaken;
            set => _isTaken = value;
        }

        /// <summary>Whether Frontlas is about to confirm it.</summary>
        public bool IsPending
        {
            get => _isPending;
            set => _isPending = value;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Connected to Frontlas at {Address}; reporting the edges and services of this gateway to it, as frontier {FrontierId}")]
        public static partial void Connected(ILogger logger, string address, string frontierId);

        [LoggerMessage(2, LogLevel.Warning, "Failed to connect to Frontlas at {Address}; retrying in {Delay}")]
        public static partial void NotConnected(ILogger logger, string address, TimeSpan delay, Exception error);

        [LoggerMessage(3, LogLevel.Warning, "Failed to connect to Frontlas at {Address} within {Timeout}; retrying in {Delay}")]
        public static partial void TimedOut(ILogger logger, string address, TimeSpan timeout, TimeSpan delay);

        [LoggerMessage(4, LogLevel.Warning, "Lost the connection to Frontlas at {Address} ({Reason}); reconnecting, and reporting all edges and services again then")]
        public static partial void Lost(ILogger logger, string address, DisconnectReason reason);

        [LoggerMessage(5, LogLevel.Warning, "Frontlas refused {Count} reports of edges and services, the last one because of \"{Problem}\"; repeating them within {Delay}")]
        public static partial void Refused(ILogger logger, long count, string? problem, TimeSpan delay);

        [LoggerMessage(6, LogLevel.Warning, "Failed to sign off from Frontlas within {Patience}; it lists this gateway until its last heartbeat has expired")]
        public static partial void NotLeft(ILogger logger, TimeSpan patience);
    }
}

/// <summary>The argument of <c>frontier_stats</c>.</summary>
internal sealed record FrontlasStatsBody(
    [property: JsonPropertyName("frontier_id")] string FrontierId,
    [property: JsonPropertyName("edge_count")] int EdgeCount,
    [property: JsonPropertyName("service_count")] int ServiceCount);

/// <summary>Writes reports as frontiers of the original do.</summary>
[JsonSerializable(typeof(FrontierReports.InstanceBody))]
[JsonSerializable(typeof(FrontierReports.ReportBody))]
[JsonSerializable(typeof(FrontlasStatsBody))]
internal sealed partial class FrontlasReportJson : JsonSerializerContext
{
    /// <summary>With quotes as <c>\"</c>, as Go writes them.</summary>
    public static FrontlasReportJson Own { get; } = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });
}

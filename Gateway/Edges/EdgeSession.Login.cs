using Frontier.GrainInterfaces;
using Frontier.Protocol;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

internal sealed partial class EdgeSession
{
    private bool _announced;
    private bool _needsConfirm;
    private EdgeSession? _previous;
    private TaskCompletionSource? _departed;

    /// <summary>The session that this one is taking the id from, while it logs in.</summary>
    public EdgeSession? Previous => _previous;

    // get_edge_id → claim the id → in the table → edge_online → confirm → ConnAck. From the table on, frames for the edge are taken and wait
    // for ConnAck, so a service may use an edge as soon as it hears of it.
    private async Task LogInAsync(ulong wantedId)
    {
        try
        {
            using var timeout = new CancellationTokenSource(Options.HandshakeTimeout);
            if (await FindIdAsync(wantedId, timeout.Token) is not { } choice)
            {
                return;
            }

            if (!await ClaimAsync(choice.Id, choice.IsWish, timeout.Token))
            {
                return;
            }

            if (await AnnounceAsync(timeout.Token))
            {
                Welcome();
            }
        }
        catch (OperationCanceledException)
        {
            TurnAway(FrontierErrorText.LoginTimedOut, "login_timeout", takeBack: true, FrontierErrorCode.Timeout);
        }
        catch (FrontierException e)
        {
            // A service that said no knows it; one that only did not answer may have taken note of the edge.
            TurnAway(e.Message, "hook_error", takeBack: e.Code is FrontierErrorCode.Timeout);
        }
#pragma warning disable CA1031 // An edge's login must end with an answer, whatever the cluster's trouble is.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.LoginFailed(Logger, Address, e);
            TurnAway(FrontierErrorText.InternalError, "internal_error", takeBack: true);
        }
    }

    private async Task<(ulong Id, bool IsWish)?> FindIdAsync(ulong wantedId, CancellationToken cancellationToken)
    {
        if (await Gateway.Hooks.GetEdgeIdAsync(this, cancellationToken) is { } given)
        {
            // 0 is how a service leaves the choice to the gateway, as with the original.
            return given == 0 ? (Ids.NextEdge(), true) : (given, false);
        }

        if (!Gateway.Edgebound.AllocateIdWithoutIdService)
        {
            TurnAway(FrontierErrorText.ServiceNotOnline, "no_id_service");
            return null;
        }

        return wantedId != 0 && Gateway.Edgebound.HonourRequestedId ? (wantedId, true) : (Ids.NextEdge(), true);
    }

    private async Task<bool> ClaimAsync(ulong id, bool isWish, CancellationToken cancellationToken)
    {
        var registration = Registration();
        while (true)
        {
            var claim = await ClusterTrouble.RetryAsync(() => Gateway.Grains.GetEdge(id).ClaimAsync(registration, onlyIfOffline: isWish), cancellationToken);
            if (!claim.Granted && !registration.MoveToken.IsEmpty)
            {
                // An edge that moves wants its own id or none; its session at the gateway it comes from is not known to the cluster as moving.
                TurnAway(FrontierErrorText.EdgeIdInUse, "id_in_use", code: FrontierErrorCode.GatewayDraining);
                return false;
            }

            if (!claim.Granted && (PeerFeatures & PeerFeatures.ExactId) != 0)
            {
                TurnAway(FrontierErrorText.EdgeIdInUse, "id_in_use", code: FrontierErrorCode.EdgeIdInUse);
                return false;
            }

            if (!claim.Granted)
            {
                id = Ids.NextEdge(); // Somebody has the wished-for id: the edge gets one of its own, as if it had not asked.
                continue;
            }

            EdgeId = id;
            Epoch = claim.Epoch;
            Gateway.Epochs.See(Epoch); // The grain may have been in another process.
            _needsConfirm = claim.NeedsConfirm;
            // A grain that comes here from another process has to find the session, and to say from here that it has the id.
            if (Gateway.Edges.TryTake(this, out _previous)
                && (_needsConfirm || !claim.IsMoving || await ClusterTrouble.RetryAsync(HoldAsync, cancellationToken)))
            {
                return true;
            }

            TurnAway("superseded by a newer session", "superseded");
            return false;
        }
    }

    private async Task<bool> AnnounceAsync(CancellationToken cancellationToken)
    {
        _announced = true;
        var decidedBy = await Gateway.Hooks.EdgeOnlineAsync(this, cancellationToken);
        if (_needsConfirm && !await ClusterTrouble.RetryAsync(HoldAsync, cancellationToken))
        {
            TurnAway("superseded by a newer session", "superseded", takeBack: true);
            return false;
        }

        // Those who do not decide hear of the edge only when it is certain; the sending is done before an offline can be.
        var telling = Gateway.Hooks.TellOnlineAsync(this, decidedBy);
        if (!telling.IsCompleted)
        {
            _ = Gateway.Background.RunAsync(() => telling);
        }

        return true;
    }

    private void Welcome()
    {
        _loggedIn = true;
        _shownToken = [];
        if (!TryGoOnline(EdgeId))
        {
            // The edge left during its login: it was announced, so it is also taken back.
            GoOffline();
            Depart();
            return;
        }

        Log.Online(Logger, EdgeId, Epoch, Address);
        Gateway.Observer?.OnChanged(PeerKind.Edge, EdgeId);
        _previous?.Close(SessionCloseReason.Superseded);
        _previous = null;
        if (Gateway.KeepsForEdges)
        {
            _ = Gateway.Background.RunAsync(FetchMailAsync);
        }
    }

    // What waits for the edge is to come now. A mail grain that cannot be told looks for the edge when it is there again.
    private async Task FetchMailAsync()
    {
        using var timeout = new CancellationTokenSource(Options.HandshakeTimeout);
        try
        {
            await ClusterTrouble.RetryAsync(() => Gateway.Grains.GetEdgeMail(EdgeId).DeliverAsync(), timeout.Token);
        }
        catch (OperationCanceledException)
        {
            Log.MailNotFetched(Logger, EdgeId);
        }
    }

    // The login failed. Nothing of the edge stays behind, and a session that held the id holds it again.
    private void TurnAway(string error, string reason, bool takeBack = false, FrontierErrorCode code = FrontierErrorCode.Refused)
    {
        Gateway.Metrics.Refused(PeerKind.Edge, reason);
        Log.Refused(Logger, Address, reason, error);
        Refuse(EdgeId, error, (int)code);
        GoOffline();
        if (Epoch != 0)
        {
            Gateway.Edges.Release(this, _previous);
            _previous = null;
            _ = Gateway.Background.RunAsync(() => LeaveAsync(takeBack && _announced));
        }
    }

    // An edge that was announced is gone.
    private void Depart()
    {
        Gateway.Edges.Release(this);
        Gateway.Observer?.OnChanged(PeerKind.Edge, EdgeId);
        Log.Offline(Logger, EdgeId, Epoch, GatewayMetrics.NameOf(DisconnectReason));
        _ = Gateway.Background.RunAsync(() => LeaveAsync(takeBack: true));
    }

    private async Task LeaveAsync(bool takeBack)
    {
        await ReleaseAsync();
        if (takeBack)
        {
            await Gateway.Hooks.EdgeOfflineAsync(this);
        }

        Volatile.Read(ref _departed)?.TrySetResult();
    }

    private async Task ReleaseAsync()
    {
        try
        {
            await Gateway.Grains.GetEdge(EdgeId).ReleaseAsync(Epoch);
        }
#pragma warning disable CA1031 // The grain finds out by itself that the session is gone.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.ReleaseFailed(Logger, EdgeId, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Edge {EdgeId} is online, epoch {Epoch}, from {Address}")]
        public static partial void Online(ILogger logger, ulong edgeId, long epoch, string address);

        [LoggerMessage(2, LogLevel.Debug, "Edge {EdgeId} is offline, epoch {Epoch}: {Reason}")]
        public static partial void Offline(ILogger logger, ulong edgeId, long epoch, string reason);

        [LoggerMessage(3, LogLevel.Information, "Edge from {Address} refused ({Reason}): {Error}")]
        public static partial void Refused(ILogger logger, string address, string reason, string error);

        [LoggerMessage(4, LogLevel.Error, "The login of an edge from {Address} failed")]
        public static partial void LoginFailed(ILogger logger, string address, Exception error);

        [LoggerMessage(6, LogLevel.Warning, "What waits for edge {EdgeId} could not be asked for; it is tried again later")]
        public static partial void MailNotFetched(ILogger logger, ulong edgeId);

        [LoggerMessage(7, LogLevel.Information, "Closing session {Epoch} of edge {EdgeId} from {Address}: a new login asks for the id, and the edge gave no sign of life within {Timeout}")]
        public static partial void Silent(ILogger logger, long epoch, ulong edgeId, string address, TimeSpan timeout);

        [LoggerMessage(5, LogLevel.Warning, "The grain of edge {EdgeId} could not be told that the edge is gone: {Error}")]
        public static partial void ReleaseFailed(ILogger logger, ulong edgeId, string error);
    }
}

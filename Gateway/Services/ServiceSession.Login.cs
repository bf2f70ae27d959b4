using Frontier.GrainInterfaces;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

internal sealed partial class ServiceSession
{
    private async Task LogInAsync(ulong wantedId)
    {
        try
        {
            if (ServiceMeta.TryParse(_meta, Options.MaxNameBytes, out var meta) is { } problem)
            {
                TurnAway(problem, "illegal_meta");
                return;
            }

            Name = meta.Service ?? string.Empty;
            _topics = [.. (meta.Topics ?? []).OfType<string>().Where(topic => topic.Length > 0).Distinct(StringComparer.Ordinal)];
            if (_topics.Select(Gateway.TopicRules.Problem).FirstOrDefault(wrong => wrong is not null) is { } wrongTopic)
            {
                TurnAway($"illegal service meta: {wrongTopic}", "illegal_meta");
                return;
            }

            using var timeout = new CancellationTokenSource(Options.HandshakeTimeout);
            if (await ClaimAsync(wantedId != 0 ? wantedId : Ids.NextService(Gateway.Epochs.Now), timeout.Token))
            {
                await EnterAsync(timeout.Token);
            }
        }
        catch (OperationCanceledException)
        {
            TurnAway(FrontierErrorText.LoginTimedOut, "login_timeout", FrontierErrorCode.Timeout);
        }
#pragma warning disable CA1031 // A service's login must end with an answer, whatever the cluster's trouble is.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.LoginFailed(Logger, Address, e);
            TurnAway(FrontierErrorText.InternalError, "internal_error");
        }
        finally
        {
            Gateway.Catalog.Entered(this);
        }
    }

    // A service's wish for an id is honoured; the session that had it is closed.
    private async Task<bool> ClaimAsync(ulong id, CancellationToken cancellationToken)
    {
        var registration = Registration();
        var claim = await ClusterTrouble.RetryAsync(() => Gateway.Grains.GetService(id).ClaimAsync(registration), cancellationToken);
        ServiceId = id;
        Epoch = claim.Epoch;
        Gateway.Epochs.See(Epoch); // The grain may have been in another process.
        Gateway.Catalog.Enter(this);
        // Always, not only where the claim asks for it: a newer session that came before this one could be found here has told the grain.
        if (!await ClusterTrouble.RetryAsync(HoldAsync, cancellationToken))
        {
            TurnAway("superseded by a newer session", "superseded");
            return false;
        }

        return true;
    }

    private async Task EnterAsync(CancellationToken cancellationToken)
    {
        // In the catalog before ConnAck: what the service may do, others may do with it.
        if (!Gateway.Catalog.TryPut(this, out var previous, out var known))
        {
            TurnAway("superseded by a newer session", "superseded");
            return;
        }

        previous?.Close(SessionCloseReason.Superseded);
        await TellClusterAsync(known, cancellationToken);
        _loggedIn = true;
        if (!TryGoOnline(ServiceId))
        {
            GoOffline();
            Depart();
            return;
        }

        Log.Online(Logger, ServiceId, Name, Epoch, Address);
        Gateway.Observer?.OnChanged(PeerKind.Service, ServiceId);
    }

    // Without the catalog or the topics the service can still serve the edges of this gateway, so it is let in; what could not be told is said
    // again as soon as the cluster is well.
    private async Task TellClusterAsync(Task known, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Options.HandshakeTimeout / 4);
        try
        {
            await known.WaitAsync(patience.Token);
            await SubscribeAsync(patience.Token);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && (e is OperationCanceledException || ClusterTrouble.IsPassing(e)))
        {
            Log.NotTold(Logger, ServiceId, e.Message);
            Gateway.Catalog.OnLocalNotTold();
        }
    }

    private void TurnAway(string error, string reason, FrontierErrorCode code = FrontierErrorCode.Refused)
    {
        Gateway.Metrics.Refused(PeerKind.Service, reason);
        Log.Refused(Logger, Address, reason, error);
        Refuse(ServiceId, error, (int)code);
        GoOffline();
        if (Epoch != 0)
        {
            Depart();
        }
    }

    private void Depart()
    {
        Gateway.Catalog.Remove(this); // At once: nothing should be sent this way any more.
        Gateway.Observer?.OnChanged(PeerKind.Service, ServiceId);
        Log.Offline(Logger, ServiceId, Name, Epoch, GatewayMetrics.NameOf(DisconnectReason));
        _ = Gateway.Background.RunAsync(LeaveAsync);
    }

    private async Task LeaveAsync()
    {
        await TryTellAsync(() => Gateway.Grains.GetService(ServiceId).ReleaseAsync(Epoch).AsTask());
        await TryTellAsync(UnsubscribeAsync);
    }

    private async Task TryTellAsync(Func<Task> tell)
    {
        try
        {
            await tell();
        }
#pragma warning disable CA1031 // The grains find out by themselves that the session is gone.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.ReleaseFailed(Logger, ServiceId, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Service {ServiceId} ({Name}) is online, epoch {Epoch}, from {Address}")]
        public static partial void Online(ILogger logger, ulong serviceId, string name, long epoch, string address);

        [LoggerMessage(2, LogLevel.Information, "Service {ServiceId} ({Name}) is offline, epoch {Epoch}: {Reason}")]
        public static partial void Offline(ILogger logger, ulong serviceId, string name, long epoch, string reason);

        [LoggerMessage(3, LogLevel.Information, "Service from {Address} refused ({Reason}): {Error}")]
        public static partial void Refused(ILogger logger, string address, string reason, string error);

        [LoggerMessage(4, LogLevel.Error, "The login of a service from {Address} failed")]
        public static partial void LoginFailed(ILogger logger, string address, Exception error);

        [LoggerMessage(7, LogLevel.Warning, "Failed to locate edge {EdgeId} for a stream; the opener is refused")]
        public static partial void NotLocated(ILogger logger, ulong edgeId, Exception error);

        [LoggerMessage(5, LogLevel.Warning, "The grains of service {ServiceId} could not be told that it is gone: {Error}")]
        public static partial void ReleaseFailed(ILogger logger, ulong serviceId, string error);

        [LoggerMessage(6, LogLevel.Warning, "Service {ServiceId} is let in, but the rest of the cluster could not be told of all it serves yet: {Error}")]
        public static partial void NotTold(ILogger logger, ulong serviceId, string error);
    }
}

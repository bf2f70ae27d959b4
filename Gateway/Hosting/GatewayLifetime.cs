using Frontier.GrainInterfaces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Frontier.Gateway;

/// <summary>
/// Ends the gateway in order: no new connections; peers that can are asked to go to another gateway; the other edges' sessions closed with their handshake, each when nothing is under way on it and all at a set rate;
/// services told that edges are gone; and only then the services' sessions closed.
/// </summary>
internal sealed partial class GatewayLifetime(
    LiveSessions sessions, GatewayCore gateway, GatewayAnnouncement announcement, BackgroundWork background, IHostApplicationLifetime lifetime, IOptions<DaemonOptions> daemon,
    IOptions<DrainOptions> drain, ILogger<GatewayLifetime> logger) : IHostedService
{
    // A peer that has not got to another gateway in this time has found none; half of the patience is left for what is under way.
    private static readonly TimeSpan MoveLimit = TimeSpan.FromSeconds(10);

    private CancellationTokenRegistration _stopping;
    private Task _closing = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Before any hosted service stops: Kestrel waits for its connections, so somebody has to end them.
        _stopping = lifetime.ApplicationStopping.Register(() => _closing = CloseAsync());
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.DisposeAsync();
        try
        {
            await _closing.WaitAsync(cancellationToken);
            await sessions.WhenEmptyAsync(cancellationToken);
            await background.WhenIdleAsync(cancellationToken);
            await gateway.Trunks.CloseAsync().WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Log.OutOfTime(logger, sessions.Count);
        }
    }

    private async Task CloseAsync()
    {
        var edges = sessions.CountOf(PeerKind.Edge);
        var time = daemon.Value.DrainTimeout;
        var patience = time / 2; // Of the time there is: services need theirs, too.
        var rate = Math.Max(drain.Value.Rate, edges / Math.Max(0.01, patience.TotalSeconds * 0.9));
        if (sessions.Count > 0)
        {
            Log.Draining(logger, edges, sessions.Count - edges, rate);
        }

        sessions.Stop();
        gateway.Edges.NoteHeld();
        // Before the first edge goes: the others wait for edges that a gateway told to leave, and for no others.
        await Task.WhenAny(announcement.LeaveAsync(), Task.Delay(CatalogSync.PropagationLimit));
        using (var edgesOver = new CancellationTokenSource(patience))
        {
            await AskToMoveAsync(rate, patience / 2, edgesOver.Token);
            await sessions.DrainAsync(PeerKind.Edge, rate, edgesOver.Token);
        }

        // Before the services go, so that they hear of every edge: also of those that were closed only because their time was over.
        using (var telling = new CancellationTokenSource(time / 4))
        {
            try
            {
                await sessions.WhenEmptyAsync(PeerKind.Edge, telling.Token);
                await background.WhenIdleAsync(telling.Token);
            }
            catch (OperationCanceledException)
            {
                Log.EdgesRemain(logger);
            }
        }

        using var over = new CancellationTokenSource(time / 4);
        await sessions.WhenMovedAsync(PeerKind.Service, over.Token); // Until then they may be the only ones that serve what they serve.
        // Nobody chooses them any more, here or elsewhere, before they are closed.
        await gateway.Catalog.WithdrawAsync(CatalogSync.PropagationLimit);
        await sessions.DrainAsync(PeerKind.Service, double.MaxValue, over.Token);
    }

    // Those who can go by themselves are asked before the others are disconnected, so that they find room where they go; services first, because edges
    // need them. Without another gateway there is nowhere to go.
    private async Task AskToMoveAsync(double rate, TimeSpan time, CancellationToken over)
    {
        if (gateway.Catalog.Gateways.All.Any(other => other.GatewayId != gateway.Identity.GatewayId && !other.IsDraining))
        {
            time = time < MoveLimit ? time : MoveLimit;
            await sessions.AskToMoveAsync(PeerKind.Service, rate, time, over);
            await sessions.AskToMoveAsync(PeerKind.Edge, rate, time, over);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Draining {Edges} edges, at most {Rate:0} per second, and then {Services} services")]
        public static partial void Draining(ILogger logger, int edges, int services, double rate);

        [LoggerMessage(2, LogLevel.Warning, "Out of time with {Count} sessions still open")]
        public static partial void OutOfTime(ILogger logger, int count);

        [LoggerMessage(3, LogLevel.Warning, "Services are closed before they have heard of all edges that are gone: it takes too long")]
        public static partial void EdgesRemain(ILogger logger);
    }
}

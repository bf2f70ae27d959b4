using Frontier.GrainInterfaces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Frontier.Gateway;

/// <summary>
/// Ends the gateway in order: no new connections; the edges' sessions closed with their handshake, each when nothing is under way on it and all at a set rate;
/// services told that edges are gone; and only then the services' sessions closed.
/// </summary>
internal sealed partial class GatewayLifetime(
    LiveSessions sessions, GatewayCore gateway, GatewayAnnouncement announcement, BackgroundWork background, IHostApplicationLifetime lifetime, IOptions<DaemonOptions> daemon,
    IOptions<DrainOptions> drain, ILogger<GatewayLifetime> logger) : IHostedService
{
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
        // Before the first edge goes: the others wait for edges that a gateway told to leave, and for no others.
        await Task.WhenAny(announcement.LeaveAsync(), Task.Delay(CatalogSync.PropagationLimit));
        await DrainAsync(PeerKind.Edge, rate, patience);
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

        // Nobody chooses them any more, here or elsewhere, before they are closed.
        await gateway.Catalog.WithdrawAsync(CatalogSync.PropagationLimit);
        await DrainAsync(PeerKind.Service, double.MaxValue, time / 4);
    }

    private async Task DrainAsync(PeerKind kind, double rate, TimeSpan patience)
    {
        using var over = new CancellationTokenSource(patience);
        await sessions.DrainAsync(kind, rate, over.Token);
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

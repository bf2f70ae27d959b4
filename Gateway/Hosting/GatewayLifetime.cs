using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Frontier.Gateway;

/// <summary>
/// Ends the gateway in order: no new connections, the edges' sessions closed with their handshake, services told that edges are gone, and only then
/// the services' sessions closed.
/// </summary>
internal sealed partial class GatewayLifetime(
    LiveSessions sessions, GatewayCore gateway, BackgroundWork background, IHostApplicationLifetime lifetime, IOptions<DaemonOptions> daemon, ILogger<GatewayLifetime> logger) : IHostedService
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
            gateway.Trunks.Close();
        }
        catch (OperationCanceledException)
        {
            Log.OutOfTime(logger, sessions.Count);
        }
    }

    private async Task CloseAsync()
    {
        if (sessions.Count > 0)
        {
            Log.Closing(logger, sessions.Count);
        }

        sessions.Stop();
        sessions.Close(PeerKind.Edge);
        try
        {
            // Half of the time there is: services need theirs, too.
            using var patience = new CancellationTokenSource(daemon.Value.DrainTimeout / 2);
            await sessions.WhenEmptyAsync(PeerKind.Edge, patience.Token);
            await background.WhenIdleAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Log.EdgesRemain(logger);
        }

        sessions.Close(PeerKind.Service);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Closing {Count} sessions")]
        public static partial void Closing(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Warning, "Out of time with {Count} sessions still open")]
        public static partial void OutOfTime(ILogger logger, int count);

        [LoggerMessage(3, LogLevel.Warning, "Services are closed before they have heard of all edges that are gone: it takes too long")]
        public static partial void EdgesRemain(ILogger logger);
    }
}

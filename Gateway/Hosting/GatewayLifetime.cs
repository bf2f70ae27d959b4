using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>Ends the gateway in order: no new connections, sessions closed with their handshake, services told that edges are gone.</summary>
internal sealed partial class GatewayLifetime(LiveSessions sessions, BackgroundWork background, IHostApplicationLifetime lifetime, ILogger<GatewayLifetime> logger) : IHostedService
{
    private CancellationTokenRegistration _stopping;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Before any hosted service stops: Kestrel waits for its connections, so somebody has to end them.
        _stopping = lifetime.ApplicationStopping.Register(() =>
        {
            if (sessions.Count > 0)
            {
                Log.Closing(logger, sessions.Count);
            }

            sessions.CloseAll();
        });
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.DisposeAsync();
        try
        {
            await sessions.WhenEmptyAsync(cancellationToken);
            await background.WhenIdleAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Log.OutOfTime(logger, sessions.Count);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Closing {Count} sessions")]
        public static partial void Closing(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Warning, "Out of time with {Count} sessions still open")]
        public static partial void OutOfTime(ILogger logger, int count);
    }
}

using Frontier.Gateway;

namespace Frontier.Silo;

/// <summary>Keeps the conditions that the host itself is responsible for: the silo is active, the listeners are open, no shutdown has begun.</summary>
internal sealed class HostReadiness : ILifecycleParticipant<ISiloLifecycle>
{
    private const string Silo = "silo";
    private const string Listeners = "listeners";
    private const string Shutdown = "shutdown";

    private readonly Readiness _readiness;
    private readonly IHostApplicationLifetime _lifetime;

    /// <summary>Begins with nothing met.</summary>
    public HostReadiness(Readiness readiness, IHostApplicationLifetime lifetime)
    {
        _readiness = readiness;
        _lifetime = lifetime;
        readiness.NotMet(Silo, "the Orleans silo is starting");
        readiness.NotMet(Listeners, "the listeners are not open yet");
    }

    /// <summary>Follows the host. The server is the last of its services to start, so the listeners are open once the host has started.</summary>
    public void Subscribe()
    {
        _lifetime.ApplicationStarted.Register(() => _readiness.Met(Listeners));
        _lifetime.ApplicationStopping.Register(() => _readiness.NotMet(Shutdown, "the process is shutting down"));
    }

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(HostReadiness),
        ServiceLifecycleStage.Active + 1,
        _ =>
        {
            _readiness.Met(Silo);
            return Task.CompletedTask;
        },
        _ =>
        {
            _readiness.NotMet(Silo, "the Orleans silo is stopping");
            return Task.CompletedTask;
        });
}

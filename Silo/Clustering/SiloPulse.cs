using Orleans.Concurrency;
using Orleans.Runtime.Services;

namespace Frontier.Silo;

/// <inheritdoc cref="ISiloPulse"/>
[Reentrant]
internal sealed class SiloPulse(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers) : GrainService(id, silo, loggers), ISiloPulse
{
    /// <inheritdoc/>
    public Task BeatAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<SiloSight> LookAtAsync(SiloAddress silo) => SiloEndpointProbe.LookAtAsync(silo.Endpoint, CancellationToken.None);
}

/// <summary>Reaches the pulse of another process.</summary>
internal sealed class SiloPulses(IServiceProvider services) : GrainServiceClient<ISiloPulse>(services)
{
    /// <summary>The pulse of a process, by its silo.</summary>
    public ISiloPulse Get(SiloAddress silo) => GetGrainService(silo);
}

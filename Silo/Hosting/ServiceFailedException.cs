namespace Frontier.Silo;

/// <summary>A part of the process that is to run as long as the process ended by itself; the host stops then.</summary>
internal sealed class ServiceFailedException(string service, Exception cause)
    : Exception($"{service} failed, and the process ended with it: {cause.GetType().Name}: {cause.Message}", cause)
{
    /// <summary>Throws for the first that failed, if any did: the host itself ends as if it had been asked to.</summary>
    public static void ThrowIfAny(IEnumerable<IHostedService> parts)
    {
        foreach (var service in parts.OfType<BackgroundService>())
        {
            if (service.ExecuteTask is { IsFaulted: true } execution)
            {
                throw new ServiceFailedException(service.GetType().Name, execution.Exception.GetBaseException());
            }
        }
    }
}

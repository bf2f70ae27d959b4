namespace Frontier.Silo;

/// <summary>Tells a watcher a status, and again whenever it has changed.</summary>
internal static class HealthWatch
{
    /// <summary>How often a watch looks: readiness has no event, and nobody needs to know sooner.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Runs until the watcher leaves or the process stops, which is an orderly end.</summary>
    public static async Task RunAsync<T>(Func<T> status, Func<T, Task> tell, CancellationToken cancellationToken)
        where T : struct, Enum
    {
        T? told = null;
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                var now = status();
                if (!now.Equals(told))
                {
                    await tell(now);
                    told = now;
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // The watcher is gone.
        }
    }
}

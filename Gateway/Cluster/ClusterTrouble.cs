namespace Frontier.Gateway;

/// <summary>Calls of grains while processes of the cluster come and go.</summary>
internal static class ClusterTrouble
{
    // The cluster learns of a killed process within about a second; asking ten times meanwhile costs nothing beside the login that waits.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Whether a call of a grain failed because of where the grain was, and not for what was asked: the same call may succeed as soon as the
    /// cluster knows that a process is gone, or that another has come.
    /// </summary>
    public static bool IsPassing(Exception error) => error switch
    {
        TimeoutException => true,
        // Also that no process has the grain's class, see RoleMissingException.
        OrleansException => true,
        _ => false,
    };

    /// <summary>Asks a grain again and again while the trouble passes.</summary>
    /// <exception cref="OperationCanceledException">It did not pass in time.</exception>
    public static ValueTask<TResult> RetryAsync<TResult>(Func<ValueTask<TResult>> call, CancellationToken cancellationToken)
    {
        ValueTask<TResult> first;
        try
        {
            first = call();
        }
        catch (Exception error) when (IsPassing(error))
        {
            return RetryLaterAsync(call, cancellationToken);
        }

        // A grain of this process has mostly answered by now.
        return first.IsCompletedSuccessfully ? first : WaitAsync(first.AsTask(), call, cancellationToken);
    }

    private static async ValueTask<TResult> WaitAsync<TResult>(Task<TResult> first, Func<ValueTask<TResult>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await first.WaitAsync(cancellationToken);
        }
        catch (Exception error) when (IsPassing(error))
        {
            return await RetryLaterAsync(call, cancellationToken);
        }
    }

    private static async ValueTask<TResult> RetryLaterAsync<TResult>(Func<ValueTask<TResult>> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(RetryDelay, cancellationToken);
            try
            {
                return await call().AsTask().WaitAsync(cancellationToken);
            }
            catch (Exception error) when (IsPassing(error))
            {
                // Once more.
            }
        }
    }
}

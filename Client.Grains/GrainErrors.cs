namespace Frontier.Client.Grains;

/// <summary>Says in Frontier's words what Orleans says in its own: that a process of the cluster is not there, or did not answer.</summary>
internal static class GrainErrors
{
    public static T Translate<T>(Func<T> find)
    {
        try
        {
            return find();
        }
        catch (OrleansException e)
        {
            throw NotReached(e);
        }
    }

    public static async Task<T> TranslateAsync<T>(Func<Task<T>> act, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await act().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new FrontierException(FrontierErrorCode.Timeout, "The cluster did not answer in time.", e);
        }
        catch (OrleansException e)
        {
            throw NotReached(e);
        }
    }

    public static Task TranslateAsync(Func<Task> act, CancellationToken cancellationToken) => TranslateAsync(
        async () =>
        {
            await act().ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    private static FrontierException NotReached(OrleansException e) =>
        new(FrontierErrorCode.ConnectionLost, $"The cluster could not be reached: {e.Message}", e);
}

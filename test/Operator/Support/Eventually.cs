namespace Frontier.Operator.Tests.Support;

/// <summary>Waits for what happens in other processes, up to a deadline that only a failure reaches.</summary>
internal static class Eventually
{
    /// <summary>Generous: processes of a loaded machine take seconds to start.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until a condition holds. What it throws meanwhile counts as not holding, and is told when time is up.</summary>
    public static Task HoldsAsync(Func<bool> condition, string what, TimeSpan? deadline = null) =>
        HoldsAsync(() => Task.FromResult(condition()), what, deadline);

    /// <inheritdoc cref="HoldsAsync(Func{bool}, string, TimeSpan?)"/>
    public static async Task HoldsAsync(Func<Task<bool>> condition, string what, TimeSpan? deadline = null) =>
        await SucceedsAsync(async () => await condition() ? true : throw new AssertionException("it does not hold"), what, deadline);

    /// <summary>Tries something until it succeeds, and gives its result.</summary>
    public static async Task<T> SucceedsAsync<T>(Func<Task<T>> attempt, string what, TimeSpan? deadline = null)
    {
        var limit = deadline ?? Deadline;
        using var over = new CancellationTokenSource(limit);
        while (true)
        {
            Exception failure;
            try
            {
                return await attempt().WaitAsync(over.Token);
            }
            catch (Exception error)
            {
                failure = error;
            }

            if (over.IsCancellationRequested)
            {
                throw new AssertionException($"Not within {limit}: {what}. Last: {failure.Message}", failure);
            }

            await Task.Delay(Step);
        }
    }

    /// <summary>What has to come by itself, within the deadline.</summary>
    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Deadline);

    /// <inheritdoc cref="InTime{T}(Task{T})"/>
    public static Task InTime(this Task task) => task.WaitAsync(Deadline);
}

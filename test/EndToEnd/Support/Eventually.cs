namespace Frontier.EndToEnd.Tests.Support;

/// <summary>Waits for what happens beside the test, up to a deadline that only a failure reaches.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static Task HoldsAsync(Func<bool> condition, string what) => HoldsAsync(() => Task.FromResult(condition()), what);

    public static async Task HoldsAsync(Func<Task<bool>> condition, string what)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!await condition())
        {
            if (deadline.IsCancellationRequested)
            {
                Assert.Fail($"Not within {Deadline}: {what}");
            }

            await Task.Delay(10);
        }
    }

    public static async Task<T> InTime<T>(this Task<T> task) => await task.WaitAsync(Deadline);

    public static async Task<T> InTime<T>(this ValueTask<T> task) => await task.AsTask().WaitAsync(Deadline);

    public static async Task InTime(this Task task) => await task.WaitAsync(Deadline);

    public static async Task InTime(this ValueTask task) => await task.AsTask().WaitAsync(Deadline);
}

namespace Frontier.Grains.Tests.Support;

/// <summary>Waits for what happens beside the test.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

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

    public static async Task InTime(this Task task) => await task.WaitAsync(Deadline);
}

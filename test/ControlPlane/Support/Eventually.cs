namespace Frontier.ControlPlane.Tests.Support;

/// <summary>Waits for what comes about soon, and fails when it does not.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Waits until a condition holds.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!await condition())
        {
            if (deadline.IsCancellationRequested)
            {
                Assert.Fail($"Not in time: {what}");
            }

            await Task.Delay(20, CancellationToken.None);
        }
    }

    /// <summary>Waits for a task, but not for ever.</summary>
    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Deadline);

    /// <summary>Waits for a task, but not for ever.</summary>
    public static Task InTime(this Task task) => task.WaitAsync(Deadline);
}

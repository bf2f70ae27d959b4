using System.Diagnostics;

namespace Frontier.Protocol.Tests.Support;

/// <summary>Waits for what another thread is about to do. The deadline is far beyond what any machine needs: it only ends a test that has failed.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static async Task True(Func<bool> condition, string what)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Deadline)
            {
                Assert.Fail($"never came true: {what}");
            }

            await Task.Delay(2);
        }
    }

    public static async Task<T> Done<T>(Task<T> task, string what)
    {
        try
        {
            return await task.WaitAsync(Deadline);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"never done: {what}");
            throw;
        }
    }

    public static async Task Done(Task task, string what) => await Done(Wrap(task), what);

    private static async Task<bool> Wrap(Task task)
    {
        await task;
        return true;
    }
}

using Frontier.Client;

namespace Frontier.Sdk.Tests;

/// <summary>What the tests have in common.</summary>
internal static class Support
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static readonly ReconnectOptions FastReconnect = new()
    {
        InitialDelay = TimeSpan.FromMilliseconds(10),
        MaxDelay = TimeSpan.FromMilliseconds(200),
        StableAfter = TimeSpan.Zero,
    };

    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task InTime(this Task task) => task.WaitAsync(Limit);

    public static Task<T> InTime<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limit);

    public static Task InTime(this ValueTask task) => task.AsTask().WaitAsync(Limit);

    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var end = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        while (!condition())
        {
            Assert.That(Environment.TickCount64, Is.LessThan(end), $"waited in vain until {what}");
            await Task.Delay(5);
        }
    }

    /// <summary>Tries again what a client that has just come back may not get through yet.</summary>
    public static async Task<T> SucceedsAsync<T>(Func<Task<T>> act)
    {
        var end = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        while (true)
        {
            try
            {
                return await act().InTime();
            }
            catch (FrontierException) when (Environment.TickCount64 < end)
            {
                await Task.Delay(20);
            }
        }
    }

    public static ValueTask<CallResponse> Echo(FrontierRequest request, CancellationToken cancellationToken) => ValueTask.FromResult<CallResponse>(request.Payload);

    public static Dictionary<string, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>>> EchoMethod { get; } = new() { ["echo"] = Echo };
}

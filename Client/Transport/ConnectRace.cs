using System.Net;

namespace Frontier.Client;

/// <summary>
/// Connects to the first of several addresses that answers (RFC 8305): the next is tried when the last one has failed, or has not answered for a while, so that an
/// address that swallows everything costs that while and not the whole time limit.
/// </summary>
internal static class ConnectRace
{
    /// <summary>How long an address has before the next one is tried beside it: what RFC 8305 recommends.</summary>
    public static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>Connects.</summary>
    /// <param name="endPoints">The addresses, in order. Those that failed or had their time are taken out, and the one that won.</param>
    /// <param name="connect">Connects to one; what it made after another one won is disposed.</param>
    /// <param name="attemptDelay">How long an address has before the next one is tried.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FrontierException">None answered: what the last one failed with.</exception>
    public static async Task<T> RunAsync<T>(
        List<EndPoint> endPoints, Func<EndPoint, CancellationToken, Task<T>> connect, TimeSpan attemptDelay, CancellationToken cancellationToken)
        where T : IDisposable
    {
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waiting = new Queue<EndPoint>(endPoints);
        var running = new Dictionary<Task<T>, EndPoint>();
        Task? pause = null;
        try
        {
            while (true)
            {
                if (waiting.Count > 0 && (running.Count == 0 || pause is { IsCompleted: true }))
                {
                    var endPoint = waiting.Dequeue();
                    running.Add(connect(endPoint, lost.Token), endPoint);
                    pause = waiting.Count > 0 ? Task.Delay(attemptDelay, lost.Token) : null;
                }

                // Who connects may be the application's, and deaf to the token.
                var done = await Task.WhenAny(pause is null ? running.Keys : running.Keys.Append(pause)).WaitAsync(cancellationToken).ConfigureAwait(false);
                if (done is not Task<T> attempt || !running.Remove(attempt, out var tried))
                {
                    continue;
                }

                endPoints.Remove(tried);
                try
                {
                    return await attempt.ConfigureAwait(false);
                }
                catch (FrontierException) when (running.Count > 0 || waiting.Count > 0)
                {
                    pause = waiting.Count > 0 ? Task.CompletedTask : null; // The next one at once.
                }
            }
        }
        catch (OperationCanceledException)
        {
            endPoints.RemoveAll(running.ContainsValue);
            throw;
        }
        finally
        {
            await lost.CancelAsync().ConfigureAwait(false);
            foreach (var loser in running.Keys)
            {
                _ = loser.ContinueWith(
                    static attempt =>
                    {
                        if (attempt.IsCompletedSuccessfully)
                        {
                            attempt.Result.Dispose();
                        }

                        _ = attempt.Exception;
                    },
                    TaskScheduler.Default);
            }
        }
    }
}

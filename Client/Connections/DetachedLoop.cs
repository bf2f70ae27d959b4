namespace Frontier.Client;

/// <summary>
/// Starts what lives as long as a connection on the thread pool and outside the flow of whoever connects: it must not need the caller's synchronization
/// context, which may be a UI thread, and the caller's activity and other ambient values must not stick to every handler.
/// </summary>
internal static class DetachedLoop
{
    public static Task Run(Func<Task> loop)
    {
        using (Suppress())
        {
            return Task.Run(loop);
        }
    }

    public static Task<T> Run<T>(Func<Task<T>> loop)
    {
        using (Suppress())
        {
            return Task.Run(loop);
        }
    }

    private static AsyncFlowControl? Suppress() => ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
}

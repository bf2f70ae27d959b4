namespace Frontier.Grains.Sessions;

/// <summary>
/// What is in flight on the session that holds an id. When the session loses the id, its calls end at once: a grain can only move or
/// deactivate when nothing runs on it, and must not wait for the answers of a session that is over.
/// </summary>
internal sealed class SessionCalls
{
    private TaskCompletionSource? _over;
    private long _epoch;

    /// <summary>Waits for an operation on the session of an epoch.</summary>
    /// <exception cref="FrontierException"><see cref="FrontierErrorCode.ConnectionLost"/>: the session lost the id first.</exception>
    public async Task<TResult> WaitAsync<TResult>(long epoch, Task<TResult> operation)
    {
        await WaitAsync(epoch, (Task)operation);
        return await operation;
    }

    /// <inheritdoc cref="WaitAsync{TResult}"/>
    public async Task WaitAsync(long epoch, Task operation)
    {
        if (!operation.IsCompleted && await Task.WhenAny(operation, Over(epoch)) != operation)
        {
            operation.Ignore();
            throw new FrontierException(FrontierErrorCode.ConnectionLost);
        }

        await operation;
    }

    /// <summary>The session of this epoch lost the id: what is in flight on it fails.</summary>
    public void End(long epoch)
    {
        if (_epoch == epoch)
        {
            _over?.TrySetResult();
            _over = null;
        }
    }

    private Task Over(long epoch)
    {
        if (_over is null || _epoch != epoch)
        {
            // Only one session is listed at a time, so a call on another one means that the session before it is over.
            _over?.TrySetResult();
            _over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _epoch = epoch;
        }

        return _over.Task;
    }
}

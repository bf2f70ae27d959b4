using System.Collections.Concurrent;

namespace Frontier.Client.Tests;

/// <summary>A thread with a synchronization context, as a user interface has: what is posted runs on it, one after the other.</summary>
internal sealed class SingleThread : SynchronizationContext, IDisposable
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _posted = [];
    private readonly Thread _thread;

    public SingleThread()
    {
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>How much was posted so far.</summary>
    public int PostCount;

    public override void Post(SendOrPostCallback d, object? state)
    {
        Interlocked.Increment(ref PostCount);
        if (!_posted.IsAddingCompleted)
        {
            _posted.Add((d, state));
        }
    }

    /// <summary>Runs an async method whose awaits come back to the thread.</summary>
    public Task RunAsync(Func<Task> action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _posted.Add((async _ =>
        {
            try
            {
                await action();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }, null));
        return done.Task;
    }

    public void Dispose() => _posted.CompleteAdding();

    private void Run()
    {
        SetSynchronizationContext(this);
        foreach (var (callback, state) in _posted.GetConsumingEnumerable())
        {
            callback(state);
        }
    }
}

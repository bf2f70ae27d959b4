namespace Frontier.Protocol;

/// <summary>
/// The connections that one thread has written to while it worked through a read buffer. They are flushed once, at the end, so that many frames to
/// one connection leave in one system call and no frame needs a task of its own.
/// </summary>
internal sealed class FlushBatch
{
    [ThreadStatic]
    private static FlushBatch? t_current;

    private readonly List<GeminioConnection> _dirty = [];
    private int _depth;

    /// <summary>Starts collecting on this thread; to be ended with <see cref="Exit"/>.</summary>
    public static FlushBatch Enter()
    {
        var batch = t_current ??= new FlushBatch();
        batch._depth++;
        return batch;
    }

    /// <summary>Flushes a connection at the end of this thread's batch, or now when it has none.</summary>
    public static void Flush(GeminioConnection connection)
    {
        if (t_current is { _depth: > 0 } batch)
        {
            batch._dirty.Add(connection);
        }
        else
        {
            connection.FlushNow();
        }
    }

    /// <summary>Flushes what was collected so far.</summary>
    public void FlushAll()
    {
        // A flush may run another connection's read loop on this thread, which adds to the list and may get here, too: taken out before it is flushed.
        while (_dirty.Count > 0)
        {
            var connection = _dirty[^1];
            _dirty.RemoveAt(_dirty.Count - 1);
            connection.FlushNow();
        }
    }

    /// <summary>Ends the batch that <see cref="Enter"/> started.</summary>
    public void Exit()
    {
        try
        {
            if (_depth == 1)
            {
                FlushAll();
            }
        }
        finally
        {
            _depth--; // Otherwise whatever this thread writes from now on would never be flushed.
        }
    }
}

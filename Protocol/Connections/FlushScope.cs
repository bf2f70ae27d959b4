namespace Frontier.Protocol;

/// <summary>
/// While it lasts, connections that this thread writes to are not flushed one frame at a time but once, at its end. For what answers many requests in a
/// row; it must not last across an await.
/// </summary>
public readonly ref struct FlushScope
{
    private readonly FlushBatch _batch;

    private FlushScope(FlushBatch batch) => _batch = batch;

    /// <summary>Begins.</summary>
    public static FlushScope Enter() => new(FlushBatch.Enter());

    /// <summary>Ends; everything written goes out.</summary>
    public void Dispose() => _batch.Exit();
}

namespace Frontier.Benchmarks;

/// <summary>A benchmark that is set up.</summary>
/// <param name="run">Runs it once.</param>
/// <param name="operations">How many operations that are.</param>
/// <param name="cleanUp">Takes it down.</param>
internal sealed class Workload(Action run, int operations, Func<Task> cleanUp) : IAsyncDisposable
{
    /// <summary>How many operations one run is.</summary>
    public int Operations => operations;

    /// <summary>Runs it a number of times.</summary>
    public void Run(int times)
    {
        for (var i = 0; i < times; i++)
        {
            run();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(cleanUp());
}

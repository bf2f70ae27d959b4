namespace Frontier.Load;

/// <summary>Something an <see cref="EventLoop"/> does at a time.</summary>
internal interface ILoopTimer
{
    /// <summary>When, in ticks of <see cref="System.Diagnostics.Stopwatch"/>; <see cref="long.MaxValue"/> for not at all.</summary>
    long Due { get; }

    /// <summary>It is time.</summary>
    void Fire(long now);
}

using System.Diagnostics;

namespace Frontier.Load;

/// <summary>
/// When operations of an open-loop load are meant to start: evenly, whatever became of those before. Latency counts from the intended time, so an
/// operation that had to wait because the server stalled shows the stall.
/// </summary>
internal sealed class RateSchedule
{
    private readonly double _ticksPerOperation;
    private readonly double _phase;
    private long _start;
    private long _index;

    /// <summary>Makes a schedule.</summary>
    /// <param name="perSecond">Operations a second.</param>
    /// <param name="phase">How far into the first interval the first one is, from 0 to 1: so that several loops do not send at the same moments.</param>
    public RateSchedule(double perSecond, double phase = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perSecond);
        _ticksPerOperation = Stopwatch.Frequency / perSecond;
        _phase = phase * _ticksPerOperation;
    }

    /// <summary>When the next operation is meant to start, in ticks of <see cref="Stopwatch"/>.</summary>
    // Computed from the start each time: adding up intervals would add up their rounding.
    public long Next => _start + (long)(_phase + (_index * _ticksPerOperation));

    /// <summary>The first interval starts now.</summary>
    public void Start(long now)
    {
        _start = now;
        _index = 0;
    }

    /// <summary>The next operation was started.</summary>
    public void Advance() => _index++;
}

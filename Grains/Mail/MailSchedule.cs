using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Frontier.Grains.Mail;

/// <summary>
/// When which mail grain of this process has something to do: a message expires, or an edge is asked again. One timer for all of them, however many edges are away;
/// it runs only while something is planned.
/// </summary>
public sealed partial class MailSchedule : IDisposable
{
    // How exactly messages expire.
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    // Grains that are woken at a time: enough to keep a core busy, and few enough to leave room for others.
    private const int Batch = 64;

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly Func<ulong, Task> _wake;
    private readonly ILogger<MailSchedule> _logger;
    private readonly SortedSet<(DateTimeOffset DueAt, ulong EdgeId)> _due = [];
    private readonly Dictionary<ulong, DateTimeOffset> _planned = [];
    private readonly ITimer _timer;
    private bool _isTicking;

    /// <summary>Creates the schedule of a silo.</summary>
    /// <param name="clock">The time, by which messages expire.</param>
    /// <param name="grains">Where the grains are.</param>
    /// <param name="logger">Where trouble is logged.</param>
    public MailSchedule([FromKeyedServices(TimeProviderNames.Grains)] TimeProvider clock, IGrainFactory grains, ILogger<MailSchedule> logger)
        : this(clock, edgeId => grains.GetEdgeMail(edgeId).WakeAsync().AsTask(), logger)
    {
    }

    internal MailSchedule(TimeProvider clock, Func<ulong, Task> wake, ILogger<MailSchedule> logger)
    {
        (_clock, _wake, _logger) = (clock, wake, logger);
        _timer = TimeProvider.System.CreateTimer(_ => _ = TickAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether a box, by the name that it has in the store, is looked after in this process.</summary>
    public bool IsPlanned(string box)
    {
        lock (_gate)
        {
            return ulong.TryParse(box, CultureInfo.InvariantCulture, out var edgeId) && _planned.ContainsKey(edgeId);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>The grain of an edge's messages is to be woken at a time; this replaces what was planned for it before.</summary>
    /// <param name="edgeId">The edge.</param>
    /// <param name="dueAt">When; <see cref="DateTimeOffset.MaxValue"/> for never.</param>
    internal void Plan(ulong edgeId, DateTimeOffset dueAt)
    {
        lock (_gate)
        {
            if (_planned.Remove(edgeId, out var before))
            {
                _due.Remove((before, edgeId));
            }

            if (dueAt == DateTimeOffset.MaxValue)
            {
                return;
            }

            _planned.Add(edgeId, dueAt);
            _due.Add((dueAt, edgeId));
            if (_due.Count == 1)
            {
                _timer.Change(TickInterval, TickInterval);
            }
        }
    }

    /// <summary>Wakes the grains that are due.</summary>
    internal async Task TickAsync()
    {
        if (Interlocked.Exchange(ref _isTicking, true))
        {
            return;
        }

        try
        {
            while (TakeDue() is { Length: > 0 } due)
            {
                await Task.WhenAll(due.Select(WakeAsync));
            }
        }
        finally
        {
            Volatile.Write(ref _isTicking, false);
        }
    }

    private ulong[] TakeDue()
    {
        var now = _clock.GetUtcNow();
        lock (_gate)
        {
            ulong[] due = [.. _due.TakeWhile(entry => entry.DueAt <= now).Take(Batch).Select(entry => entry.EdgeId)];
            foreach (var edgeId in due)
            {
                _planned.Remove(edgeId, out var dueAt);
                _due.Remove((dueAt, edgeId));
            }

            if (_due.Count == 0)
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            return due;
        }
    }

    // A grain that is woken plans anew. One that cannot be reached has been lost with its process, and is woken by who looks through the store.
    private async Task WakeAsync(ulong edgeId)
    {
        try
        {
            await _wake(edgeId);
        }
#pragma warning disable CA1031 // The others must be woken all the same.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.NotWoken(_logger, edgeId, error);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Failed to wake the grain of the messages that wait for edge {EdgeId}; it is woken when the store is looked through")]
        public static partial void NotWoken(ILogger logger, ulong edgeId, Exception error);
    }
}

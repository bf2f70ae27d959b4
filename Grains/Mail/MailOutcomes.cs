namespace Frontier.Grains.Mail;

/// <summary>What became of an edge's last messages, for those who ask.</summary>
internal sealed class MailOutcomes
{
    // More than a program waits for at a time, and few enough to have them for every edge.
    private const int Capacity = 256;

    private readonly Dictionary<string, EdgeMailOutcome> _known = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private readonly Dictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);

    /// <summary>Whether somebody waits for an outcome.</summary>
    public bool IsAwaited => _waiting.Count > 0;

    /// <summary>Notes an outcome.</summary>
    public void Add(string id, EdgeMailOutcome outcome)
    {
        if (_known.TryAdd(id, outcome))
        {
            _order.Enqueue(id);
            if (_order.Count > Capacity)
            {
                _known.Remove(_order.Dequeue());
            }
        }

        if (_waiting.Remove(id, out var waiting))
        {
            waiting.SetResult();
        }
    }

    /// <summary>A message's outcome; <see cref="EdgeMailOutcome.Unknown"/> when there is none, or none any more.</summary>
    public EdgeMailOutcome Find(string id) => _known.GetValueOrDefault(id);

    /// <summary>Waits for a message's outcome.</summary>
    /// <param name="id">The message.</param>
    /// <param name="limit">How long at most.</param>
    public async Task WaitAsync(string id, TimeSpan limit)
    {
        if (!_waiting.TryGetValue(id, out var waiting))
        {
            waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(id, waiting);
        }

        await waiting.Task.WaitAsync(limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (!waiting.Task.IsCompleted && _waiting.TryGetValue(id, out var same) && same == waiting)
        {
            _waiting.Remove(id);
            waiting.SetResult(); // Whoever else waits asks again.
        }
    }
}

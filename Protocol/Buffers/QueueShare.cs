namespace Frontier.Protocol;

/// <summary>
/// What each source holds of a queue of bytes that leave in order. Begins to count when it is told of the first bytes, and ends when the last that it was told of have left, so that
/// a queue which is not full costs nothing. While it counts it has to hear of everything. Not synchronised.
/// </summary>
internal struct QueueShare
{
    /// <summary>The source of what is nobody's in particular: answers, streams, the connection's own frames. Not counted.</summary>
    public const ulong NoSource = 0;

    private const int InitialRuns = 64;

    private FairShare _share;
    private Run[]? _runs;
    private int _first;
    private int _count;
    private long _ahead;

    /// <summary>Whether it has to be told of everything.</summary>
    public readonly bool IsCounting => _count > 0;

    /// <summary>Bytes of a source, as far as they have been counted.</summary>
    public readonly long Of(ulong source) => IsCounting ? _share.Of(source) : 0;

    /// <summary>Bytes come in at the end.</summary>
    /// <param name="source">Whose they are.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="before">How many the queue had.</param>
    public void Add(ulong source, long bytes, long before)
    {
        if (!IsCounting)
        {
            _ahead = before;
        }

        if (source != NoSource)
        {
            _share.Add(source, bytes);
        }

        if (IsCounting && At(_count - 1).Source == source)
        {
            At(_count - 1).Bytes += bytes;
            return;
        }

        if (_count == (_runs?.Length ?? 0))
        {
            Grow();
        }

        At(_count++) = new Run { Source = source, Bytes = bytes };
    }

    /// <summary>Bytes leave at the front.</summary>
    public void Remove(long bytes)
    {
        if (!IsCounting)
        {
            return;
        }

        var uncounted = Math.Min(bytes, _ahead);
        _ahead -= uncounted;
        bytes -= uncounted;
        while (bytes > 0 && IsCounting)
        {
            ref var run = ref At(0);
            var left = Math.Min(bytes, run.Bytes);
            if (run.Source != NoSource)
            {
                _share.Remove(run.Source, left);
            }

            bytes -= left;
            run.Bytes -= left;
            if (run.Bytes == 0)
            {
                _first = (_first + 1) & (_runs!.Length - 1);
                _count--;
            }
        }
    }

    /// <summary>Ends counting until it is told of something again.</summary>
    public void Reset()
    {
        _share.Reset();
        (_first, _count, _ahead) = (0, 0, 0);
    }

    /// <summary>Ends counting, and gives the memory back.</summary>
    public void Clear()
    {
        _share.Clear();
        (_runs, _first, _count, _ahead) = (null, 0, 0, 0);
    }

    /// <summary>Gives the memory back when nothing is counted.</summary>
    public void Trim()
    {
        if (!IsCounting)
        {
            Clear();
        }
    }

    private readonly ref Run At(int index) => ref _runs![(_first + index) & (_runs.Length - 1)];

    private void Grow()
    {
        var grown = new Run[Math.Max(InitialRuns, 2 * _count)];
        for (var i = 0; i < _count; i++)
        {
            grown[i] = At(i);
        }

        (_runs, _first) = (grown, 0);
    }

    // Bytes of one source in a row.
    private struct Run
    {
        public ulong Source;
        public long Bytes;
    }
}

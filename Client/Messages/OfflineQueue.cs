namespace Frontier.Client;

/// <summary>
/// Messages published while there is no connection; bounded. They are sent in their order, and before later ones, as soon as there is a connection. A message
/// that was sent once is never sent again: whether it arrived is then for its acknowledgement to say.
/// </summary>
/// <param name="client">Whose messages.</param>
/// <param name="capacity">How many may wait.</param>
internal sealed class OfflineQueue(FrontierClient client, int capacity)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Entry> _waiting = [];
    private bool _flushing;
    private bool _closed;

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Whether a message may be sent past the queue.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count == 0 && !_flushing && client.IsConnected;
            }
        }
    }

    /// <summary>Takes a message; completes like a publish.</summary>
    /// <exception cref="FrontierException">Too many wait (RateLimited); or what a publish fails with.</exception>
    public async Task PublishAsync(string topic, ReadOnlyMemory<byte> payload, PublishOptions? options, ulong? edgeId, TimeSpan limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var entry = new Entry(topic, payload, options, edgeId, cancellationToken);
        lock (_gate)
        {
            if (_closed)
            {
                throw new FrontierException(FrontierErrorCode.ConnectionLost, "The client is closed.");
            }

            if (_waiting.Count >= capacity)
            {
                throw new FrontierException(FrontierErrorCode.RateLimited, $"{capacity} messages wait for a connection already.");
            }

            entry.Node = _waiting.AddLast(entry);
        }

        Flush();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (limit != Timeout.InfiniteTimeSpan && limit.TotalMilliseconds < int.MaxValue)
        {
            patience.CancelAfter(limit);
        }

        var giveUp = patience.Token.UnsafeRegister(_ => Withdraw(entry), null);
        await using (giveUp.ConfigureAwait(false))
        {
            await entry.Done.Task.ConfigureAwait(false);
        }
    }

    /// <summary>There is a connection: sends what waits.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_flushing || _waiting.Count == 0 || !client.IsConnected)
            {
                return;
            }

            _flushing = true;
        }

        while (true)
        {
            Entry entry;
            lock (_gate)
            {
                if (_waiting.First is not { } first || !client.IsConnected)
                {
                    _flushing = false;
                    return;
                }

                entry = first.Value;
                _waiting.RemoveFirst();
                entry.Node = null;
            }

            var publishing = Publish(entry);
            if (publishing is { IsFaulted: true, Exception.InnerException: FrontierException { Code: FrontierErrorCode.ConnectionLost or FrontierErrorCode.GatewayDraining } })
            {
                PutBack(entry); // The connection went away just before.
                continue;
            }

            _ = ForwardAsync(publishing, entry);
        }
    }

    /// <summary>There will be no connection any more.</summary>
    public void Close()
    {
        Entry[] left;
        lock (_gate)
        {
            _closed = true;
            left = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var entry in left)
        {
            entry.Done.TrySetException(new FrontierException(FrontierErrorCode.ConnectionLost, "The client is closed."));
        }
    }

    // Sends at once, or in turn behind those before it. Whatever is wrong with a message is for its publisher: this runs where the client connects.
    private Task Publish(Entry entry)
    {
        try
        {
            return client.Connection.Root.PublishAsync(entry.Topic, entry.Payload, entry.Options, entry.EdgeId, entry.CancellationToken).AsTask();
        }
#pragma warning disable CA1031 // As said.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Task.FromException(e);
        }
    }

    private static async Task ForwardAsync(Task publishing, Entry entry)
    {
        try
        {
            await publishing.ConfigureAwait(false);
            entry.Done.TrySetResult();
        }
#pragma warning disable CA1031 // Goes to whoever published.
        catch (Exception e)
#pragma warning restore CA1031
        {
            entry.Done.TrySetException(e);
        }
    }

    private void PutBack(Entry entry)
    {
        lock (_gate)
        {
            if (!_closed && !entry.Done.Task.IsCompleted)
            {
                entry.Node = _waiting.AddFirst(entry);
                return;
            }
        }

        entry.Done.TrySetException(new FrontierException(FrontierErrorCode.ConnectionLost, "The client is closed."));
    }

    // Its time is over, or its publisher gave up. What is sent already ends by its own time.
    private void Withdraw(Entry entry)
    {
        lock (_gate)
        {
            if (entry.Node is { } node && node.List == _waiting)
            {
                _waiting.Remove(node);
            }
            else if (!entry.CancellationToken.IsCancellationRequested)
            {
                return;
            }
        }

        if (entry.CancellationToken.IsCancellationRequested)
        {
            entry.Done.TrySetCanceled(entry.CancellationToken);
        }
        else
        {
            entry.Done.TrySetException(new FrontierException(FrontierErrorCode.Timeout, "No connection in time; the message was not sent."));
        }
    }

    private sealed record Entry(string Topic, ReadOnlyMemory<byte> Payload, PublishOptions? Options, ulong? EdgeId, CancellationToken CancellationToken)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public LinkedListNode<Entry>? Node { get; set; }
    }
}

using Microsoft.Extensions.Logging;

namespace Frontier.Queues;

/// <summary>What the producers of all queues have in common: room for what is under way, the queue's state, counting.</summary>
internal abstract partial class QueueProducer : IQueueProducer, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Room _room;
    private readonly QueueMetrics _metrics;
    private readonly TopicClasses _classes;
    private long _confirmed;
    private long _failed;
    private QueueState _state;
    private string _lastError = "";
    private DateTimeOffset? _lastErrorAt;

    /// <summary>Creates a producer.</summary>
    protected QueueProducer(QueueRoute route, QueueLimits limits, QueueMetrics metrics, ILogger logger)
    {
        Name = route.Queue;
        Limits = limits;
        Logger = logger;
        _room = new Room(limits.MaxInFlight, limits.MaxInFlightBytes);
        _metrics = metrics;
        _classes = new TopicClasses(route.Topics);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Limits and times.</summary>
    protected QueueLimits Limits { get; }

    /// <summary>Where to log.</summary>
    protected ILogger Logger { get; }

    /// <summary>Begins to connect. Returns at once: a queue that is down must not keep the process from starting.</summary>
    public abstract void Start();

    /// <inheritdoc/>
    public QueueStatus Describe()
    {
        lock (_gate)
        {
            return new QueueStatus(Name, _state, _room.Count, Volatile.Read(ref _confirmed), Volatile.Read(ref _failed), _lastError, _lastErrorAt);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Task> SendAsync(QueueMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        var outgoing = new Outgoing(this, message);
        await _room.EnterAsync(outgoing.Bytes, cancellationToken);
        if (outgoing.IsLate)
        {
            outgoing.Expire();
        }
        else
        {
            Enqueue(outgoing);
        }

        return outgoing.Task;
    }

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>A message is through, one way or the other; called once for each.</summary>
    public void OnDone(Outgoing outgoing, FrontierException? error)
    {
        _room.Leave(outgoing.Bytes);
        Interlocked.Increment(ref error is null ? ref _confirmed : ref _failed);
        _metrics.Done(Name, _classes.Of(outgoing.Message.Topic), error?.Code, outgoing.Age);
        if (error is { Code: not FrontierErrorCode.QueueUnavailable })
        {
            Note(error.Message);
        }
    }

    /// <summary>The error for a message that could not be sent before its deadline.</summary>
    public FrontierException NotSentInTime()
    {
        lock (_gate)
        {
            return _state == QueueState.Up
                ? new FrontierException(FrontierErrorCode.Timeout)
                : Unavailable(_lastError);
        }
    }

    /// <summary>Takes a message that there is room for, in order. Must not block, and must see to it that the message is confirmed or fails in the end.</summary>
    protected abstract void Enqueue(Outgoing outgoing);

    /// <summary>The error for a queue that is not there. Edges hear that it is not; why is for the log and the control plane.</summary>
    protected static FrontierException Unavailable(string reason) =>
        new(FrontierErrorCode.QueueUnavailable, FrontierErrorText.QueueUnavailable, reason.Length == 0 ? null : new IOException(reason));

    /// <summary>The error for a message that the queue does not take.</summary>
    protected static FrontierException Refused(string reason) => new(FrontierErrorCode.Refused, reason);

    /// <summary>The queue takes messages.</summary>
    protected void SetUp()
    {
        lock (_gate)
        {
            if (_state == QueueState.Up)
            {
                return;
            }

            _state = QueueState.Up;
        }

        TryLog(() => Log.Up(Logger, Name));
    }

    /// <summary>The queue cannot be reached.</summary>
    protected void SetDown(string error)
    {
        bool isNews;
        lock (_gate)
        {
            isNews = _state != QueueState.Down || _lastError != error;
            _state = QueueState.Down;
            Note(error);
        }

        if (isNews)
        {
            TryLog(() => Log.Down(Logger, Name, error));
        }
    }

    // The loops that keep the connections call this between two tries: a log that fails must not end them.
    private static void TryLog(Action log)
    {
        try
        {
            log();
        }
#pragma warning disable CA1031
        catch (Exception)
#pragma warning restore CA1031
        {
            // There is nobody to tell; the control plane shows the state and the last error.
        }
    }

    private void Note(string error)
    {
        lock (_gate)
        {
            _lastError = error;
            _lastErrorAt = DateTimeOffset.UtcNow;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Queue {Queue} is connected")]
        public static partial void Up(ILogger logger, string queue);

        [LoggerMessage(2, LogLevel.Warning, "Queue {Queue} cannot be reached, it is tried again: {Error}")]
        public static partial void Down(ILogger logger, string queue, string error);
    }
}

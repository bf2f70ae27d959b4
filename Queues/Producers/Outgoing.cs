using System.Diagnostics;

namespace Frontier.Queues;

/// <summary>A message that a queue has not confirmed yet. Its task completes exactly once, whoever comes first.</summary>
internal sealed class Outgoing : TaskCompletionSource
{
    private readonly QueueProducer _producer;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private int _isDone;

    /// <summary>Creates one; only <see cref="QueueProducer"/> does.</summary>
    public Outgoing(QueueProducer producer, QueueMessage message)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        _producer = producer;
        Message = message;
    }

    /// <summary>The message.</summary>
    public QueueMessage Message { get; }

    /// <summary>The bytes it holds.</summary>
    public int Bytes => Message.Payload.Length + Message.Custom.Length;

    /// <summary>How long it has been under way.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_startedAt);

    /// <summary>Whether nobody waits for it any more.</summary>
    public bool IsLate => Environment.TickCount64 >= Message.Deadline;

    /// <summary>The queue has it.</summary>
    public void Confirm()
    {
        if (Interlocked.Exchange(ref _isDone, 1) == 0)
        {
            Count(null);
            TrySetResult();
        }
    }

    /// <summary>It failed.</summary>
    public void Fail(FrontierException error)
    {
        if (Interlocked.Exchange(ref _isDone, 1) == 0)
        {
            Count(error);
            TrySetException(error);
            _ = Task.Exception; // Observed: whoever waits may have given up.
        }
    }

    /// <summary>It was not sent in time.</summary>
    public void Expire() => Fail(_producer.NotSentInTime());

    private void Count(FrontierException? error)
    {
        try
        {
            _producer.OnDone(this, error);
        }
#pragma warning disable CA1031 // Somebody's listener to the meters failed; whoever waits is answered all the same, and so are those behind.
        catch (Exception)
#pragma warning restore CA1031
        {
            // Not counted.
        }
    }
}

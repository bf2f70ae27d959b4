using System.Diagnostics;
using Frontier.Protocol;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>
/// Edges' messages for topics that nobody takes, as far as this gateway knows. Before one is refused the gateway makes sure that its copy of the catalog is
/// current: a service that was told just now that it is online may be missing in it. One question answers for all messages that wait, whatever their topics,
/// so that inventing names costs the cluster nothing. Only while the catalog cannot be relied on, a topic's own grain is asked, and a few at a time.
/// </summary>
/// <param name="catalog">The copy of the catalog.</param>
/// <param name="lanes">Where topics are, and what may wait.</param>
/// <param name="logger">Where failures are logged.</param>
internal sealed partial class UnknownTopics(CatalogReplica catalog, TopicLanes lanes, ILogger<UnknownTopics> logger)
{
    /// <summary>Grains of topics that are asked at a time: each name is an activation.</summary>
    public const int MaxAsking = 256;

    // Of one question; a bound on what is answered in one go.
    private const int MaxBatch = 4096;

    // A flood is answered in lumps; a message that comes alone does not wait for it.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // Many times what a healthy catalog takes.
    private static readonly TimeSpan LongestQuestion = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<TopicWait> _waiting = [];
    private readonly ChunkWriter _chunks = new();
    private bool _isPumping;
    private int _asking;

    /// <summary>Takes a message; its bytes are copied.</summary>
    /// <param name="topic">The topic in UTF-8.</param>
    /// <param name="wait">Who waits for the answer.</param>
    /// <param name="body">The message.</param>
    /// <returns>False when too much waits already.</returns>
    public bool TryAdd(ReadOnlySpan<byte> topic, TopicWait wait, in MessageBody body)
    {
        var payload = body.ValueLength;
        var custom = body.CustomLength;
        var length = topic.Length + payload + custom;
        if (!lanes.TryReserve(length))
        {
            return false;
        }

        lock (_gate)
        {
            var bytes = _chunks.Take(length);
            topic.CopyTo(bytes.Span);
            body.DecodeValue(bytes.Span.Slice(topic.Length, payload));
            body.DecodeCustom(bytes.Span[(topic.Length + payload)..]);
            wait.Topic = bytes[..topic.Length];
            wait.Payload = bytes.Slice(topic.Length, payload);
            wait.Custom = bytes[(topic.Length + payload)..];
            wait.Trace = body.Trace.ToArray();
            _waiting.Enqueue(wait);
            if (_isPumping)
            {
                return true;
            }

            _isPumping = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static unknown => _ = unknown.PumpAsync(), this, preferLocal: false);
        return true;
    }

    // Ends only when nothing waits: whatever happens to a batch, the next one is looked at.
    private async Task PumpAsync()
    {
        var batch = new List<TopicWait>();
        while (true)
        {
            // Before the messages are taken: the answer must not be older than any of them.
            var started = Stopwatch.GetTimestamp();
            if (!TakeBatch(batch))
            {
                return;
            }

            try
            {
                await DecideAsync(batch);
            }
#pragma warning disable CA1031 // Whatever the cluster's trouble is, the edges get an answer and the log the cause.
            catch (Exception error)
#pragma warning restore CA1031
            {
                Log.Failed(logger, batch.Count, error);
                using var scope = FlushScope.Enter();
                batch.ForEach(Refuse);
            }

            batch.Clear();
            var rest = Pause - Stopwatch.GetElapsedTime(started);
            if (rest > TimeSpan.Zero && !IsIdle())
            {
                await Task.Delay(rest);
            }
        }
    }

    private bool IsIdle()
    {
        lock (_gate)
        {
            return _waiting.Count == 0;
        }
    }

    // False when there is nothing left, and the pump ends.
    private bool TakeBatch(List<TopicWait> batch)
    {
        lock (_gate)
        {
            while (batch.Count < MaxBatch && _waiting.TryDequeue(out var wait))
            {
                batch.Add(wait);
            }

            _isPumping = batch.Count > 0;
            return _isPumping;
        }
    }

    private async Task DecideAsync(List<TopicWait> batch)
    {
        var isCurrent = await catalog.ConfirmAsync(LongestQuestion);
        var directory = catalog.Directory;
        var now = Environment.TickCount64;
        using var scope = FlushScope.Enter();
        foreach (var wait in batch)
        {
            if (wait.IsDue(now))
            {
                wait.Fail(FrontierErrorCode.Timeout, FrontierErrorText.Timeout);
                lanes.Release(wait.Bytes);
            }
            else if (isCurrent && !IsTaken(directory, wait.Topic.Span))
            {
                Refuse(wait);
            }
            else if (Interlocked.Increment(ref _asking) <= MaxAsking)
            {
                _ = AskGrainAsync(wait);
            }
            else
            {
                Interlocked.Decrement(ref _asking);
                wait.Fail(FrontierErrorCode.SlowConsumer, FrontierErrorText.SlowConsumer);
                lanes.Release(wait.Bytes);
            }
        }
    }

    private static bool IsTaken(ServiceDirectory directory, ReadOnlySpan<byte> topic) =>
        directory.FindTopic(topic) is not null
        || directory.FindRoute(topic) is { Groups.Length: > 0 }
        || directory.FindQueues(topic) is not null
        || directory.AnyTopicQueues is not null;

    private void Refuse(TopicWait wait)
    {
        if (!wait.IsAnswered)
        {
            wait.Fail(FrontierErrorCode.TopicNotOnline, FrontierErrorText.TopicNotOnline);
            lanes.Release(wait.Bytes);
        }
    }

    private async Task AskGrainAsync(TopicWait wait)
    {
        try
        {
            await wait.PublishAsync(lanes.Grains);
        }
        finally
        {
            Interlocked.Decrement(ref _asking);
            lanes.Release(wait.Bytes);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Failed to decide on {Count} messages for topics that nobody takes; they are refused")]
        public static partial void Failed(ILogger logger, int count, Exception error);
    }
}

using System.Text;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>
/// The messages of this gateway's edges for one topic, on their way to the topic's grain in batches: one is under way while the next fills, which keeps the
/// messages in order and makes a grain call per batch instead of one per message. A lane lives as long as it has messages.
/// </summary>
/// <param name="lanes">All lanes.</param>
/// <param name="queue">The external queue that is to have the messages; empty for whoever the grain finds.</param>
/// <param name="topic">The topic in UTF-8.</param>
internal sealed class TopicLane(TopicLanes lanes, string queue, byte[] topic)
{
    // Large enough that a round trip to a queue some milliseconds away does not bound a topic's rate, small enough to be no lump of work.
    private const int MaxBatchCount = 512;
    private const int MaxBatchBytes = 1 << 20;

    // How exactly an edge's own deadline is kept.
    private static readonly TimeSpan DueCheck = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly Queue<TopicWait> _filling = [];
    private readonly ChunkWriter _chunks = new();
    private int _fillingBytes;
    private bool _isPumping;
    private bool _isClosed;

    /// <summary>What became of an attempt to add a message.</summary>
    public enum Added
    {
        /// <summary>It is on its way.</summary>
        Yes,

        /// <summary>So much waits already that there is no room.</summary>
        Full,

        /// <summary>The lane is not used any more: take another one.</summary>
        Closed,
    }

    /// <summary>The topic in UTF-8.</summary>
    public byte[] Topic => topic;

    /// <summary>The external queue.</summary>
    public string Queue => queue;

    /// <summary>Adds a message of an edge; its bytes are copied.</summary>
    public Added TryAdd(TopicWait wait, in MessageBody body)
    {
        var payload = body.ValueLength;
        var custom = body.CustomLength;
        lock (_gate)
        {
            if (_isClosed)
            {
                return Added.Closed;
            }

            if (_filling.Count > 0
                && (_filling.Count >= lanes.Limits.MaxTopicWaitingMessages || _fillingBytes + payload + custom > lanes.Limits.MaxTopicWaitingBytes))
            {
                return Added.Full;
            }

            if (!lanes.TryReserve(payload + custom))
            {
                return Added.Full;
            }

            var bytes = _chunks.Take(payload + custom);
            body.DecodeValue(bytes.Span[..payload]);
            body.DecodeCustom(bytes.Span[payload..]);
            wait.Payload = bytes[..payload];
            wait.Custom = bytes[payload..];
            wait.Trace = body.Trace.ToArray();
            _filling.Enqueue(wait);
            _fillingBytes += payload + custom;
            if (_isPumping)
            {
                return Added.Yes;
            }

            _isPumping = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static lane => _ = lane.PumpAsync(), this, preferLocal: false);
        return Added.Yes;
    }

    // Ends only with the lane: whatever happens to a batch, the next one is sent.
    private async Task PumpAsync()
    {
        var batch = new List<TopicWait>();
        while (TakeBatch(batch))
        {
            try
            {
                await DeliverAsync(batch);
            }
#pragma warning disable CA1031 // Whatever the cluster's trouble is, the edges get an answer and the log the cause.
            catch (Exception e)
#pragma warning restore CA1031
            {
                lanes.OnFailed(Encoding.UTF8.GetString(topic), batch.Count, e);
                FailAll(batch);
            }

            foreach (var wait in batch)
            {
                lanes.Release(wait.Bytes);
            }

            batch.Clear();
        }
    }

    // False when there is nothing left, and the lane closed.
    private bool TakeBatch(List<TopicWait> batch)
    {
        lock (_gate)
        {
            var bytes = 0;
            while (batch.Count < MaxBatchCount && _filling.TryPeek(out var next) && (batch.Count == 0 || bytes + next.Bytes <= MaxBatchBytes))
            {
                _filling.Dequeue();
                _fillingBytes -= next.Bytes;
                bytes += next.Bytes;
                batch.Add(next);
            }

            if (batch.Count > 0)
            {
                return true;
            }

            _isClosed = true;
        }

        lanes.Remove(this);
        return false;
    }

    // Completes when the grain is done with the batch, even when all of its edges have given up before: until then Orleans holds its bytes, and
    // the next batch could overtake it.
    private async Task DeliverAsync(List<TopicWait> batch)
    {
        FailDue(batch);
        List<TopicWait> sent = [.. batch.Where(wait => !wait.IsAnswered)];
        if (sent.Count == 0)
        {
            return;
        }

        var now = Environment.TickCount64;
        var call = lanes.Grains.GetTopic(Encoding.UTF8.GetString(topic))
            .PublishBatchAsync(new TopicBatch(queue, lanes.GatewayId, sent.ConvertAll(wait => wait.ToMessage(now))));
        while (!call.IsCompleted)
        {
            await Task.WhenAny(call, Task.Delay(DueCheck));
            FailDue(batch);
        }

        Answer(sent, await call);
    }

    private void FailAll(List<TopicWait> batch)
    {
        using var scope = FlushScope.Enter();
        foreach (var wait in batch)
        {
            wait.Fail(
                queue.Length > 0 ? FrontierErrorCode.QueueUnavailable : FrontierErrorCode.TopicNotOnline,
                queue.Length > 0 ? FrontierErrorText.QueueUnavailable : FrontierErrorText.TopicNotOnline);
        }
    }

    private static void Answer(List<TopicWait> sent, TopicBatchResult result)
    {
        using var scope = FlushScope.Enter();
        for (var i = 0; i < sent.Count; i++)
        {
            if (result.Failures is { } failures && failures.TryGetValue(i, out var failure))
            {
                sent[i].Fail(failure.Code, failure.Text);
            }
            else
            {
                sent[i].Confirm();
            }
        }
    }

    // Those whose edges have stopped waiting hear of it now, whether they are under way or still wait for the batch before. The latter give their room back.
    private void FailDue(List<TopicWait> batch)
    {
        var now = Environment.TickCount64;
        List<TopicWait> due = [.. batch.Where(wait => !wait.IsAnswered && wait.IsDue(now))];
        lock (_gate)
        {
            if (_filling.Any(wait => wait.IsDue(now)))
            {
                TopicWait[] waiting = [.. _filling];
                _filling.Clear();
                foreach (var wait in waiting)
                {
                    if (!wait.IsDue(now))
                    {
                        _filling.Enqueue(wait);
                        continue;
                    }

                    due.Add(wait);
                    _fillingBytes -= wait.Bytes;
                    lanes.Release(wait.Bytes);
                }
            }
        }

        if (due.Count == 0)
        {
            return;
        }

        using var scope = FlushScope.Enter();
        foreach (var wait in due)
        {
            wait.Fail(FrontierErrorCode.Timeout, FrontierErrorText.Timeout);
        }
    }
}

using Frontier.Grains.Retention;
using Microsoft.Extensions.Logging;

namespace Frontier.Grains.Topics;

/// <summary>
/// A topic whose messages are kept while nobody is there who takes them. As long as older messages are kept, newer ones go behind them, so that a
/// receiver that comes gets them in order. All members are called from the topic's grain.
/// </summary>
/// <param name="topic">The topic.</param>
/// <param name="rule">How long and how much is kept.</param>
/// <param name="store">Where.</param>
/// <param name="deliver">Delivers a message, within the time that its edge waits unless it has been told that it is kept; false when nobody is there who takes it. Fails with a <see cref="FrontierException"/> when its receiver did not take it.</param>
/// <param name="metrics">Where it is counted.</param>
/// <param name="logger">Where trouble with the store is logged.</param>
internal sealed partial class TopicBacklog(
    string topic, RetentionRule rule, IMessageStore store, Func<StoredMessage, TimeSpan?, Task<bool>> deliver, RetentionMetrics? metrics, ILogger logger)
{
    // Large enough that a round trip to a receiver does not bound the rate of many edges, small enough that few are delivered twice.
    private const int MaxDelivering = 64;

    private bool _isDraining;
    private int _appending;
    private long _appended;
    private Task _forgetting = Task.CompletedTask;

    /// <summary>Whether there may be kept messages. True until the store has said otherwise.</summary>
    public bool HasMessages { get; private set; } = true;

    /// <summary>Looks for what was kept before.</summary>
    public async Task LookAsync()
    {
        try
        {
            HasMessages = (await store.ReadAsync(rule, topic, 1)).Count > 0;
        }
        catch (FrontierException error)
        {
            Log.StoreFailed(logger, topic, error.InnerException?.Message ?? error.Message); // There may be some: what comes goes behind them.
        }
    }

    /// <summary>Takes an edge's messages: delivers them, or keeps them.</summary>
    public async Task<TopicBatchResult> PublishAsync(IReadOnlyList<TopicMessage> messages)
    {
        StoredMessage[] taken = [.. messages.Select(ToStored)];
        var kept = new List<int>();
        var failures = new Dictionary<int, TopicFailure>();
        if (HasMessages)
        {
            kept.AddRange(Enumerable.Range(0, messages.Count));
        }
        else
        {
            var sent = await DeliverAllAsync(taken, i => messages[i].Remaining, static delivery => !delivery.IsTaken && (delivery.Error is null || IsGone(delivery.Error)));
            for (var i = 0; i < sent.Length; i++)
            {
                if (sent[i].Error is { } error && !IsGone(error))
                {
                    failures.Add(i, new TopicFailure(error.Code, error.Message));
                }
                else if (!sent[i].IsTaken)
                {
                    kept.Add(i);
                }
            }
        }

        await KeepAsync(taken, kept, failures);
        return new TopicBatchResult(failures.Count > 0 ? failures : null);
    }

    /// <summary>Delivers what is kept, as far as somebody is there who takes it. Returns at once when that is under way already.</summary>
    public async Task DrainAsync()
    {
        if (_isDraining || !HasMessages)
        {
            return;
        }

        _isDraining = true;
        try
        {
            while (await DrainSomeAsync())
            {
                // Until there is nothing left, or nobody to take it.
            }
        }
#pragma warning disable CA1031 // Nobody waits for this; it is tried again with the next look, and the log says why.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.StoreFailed(logger, topic, error.InnerException?.Message ?? error.Message);
        }
        finally
        {
            _isDraining = false;
        }
    }

    private async Task<bool> DrainSomeAsync()
    {
        var before = _appended;
        var entries = await store.ReadAsync(rule, topic, MaxDelivering);
        if (entries.Count == 0)
        {
            if (_appending == 0 && _appended == before)
            {
                HasMessages = false; // From here on new ones go the direct way again, and none is added before the store has forgotten the topic.
                _forgetting = store.ForgetAsync(topic);
                await _forgetting;
            }

            return HasMessages;
        }

        var sent = await DeliverAllAsync([.. entries.Select(entry => entry.Message)], static _ => null, static delivery => !delivery.IsTaken && !IsRefused(delivery.Error));
        var done = new List<string>(entries.Count);
        for (var i = 0; i < sent.Length; i++)
        {
            if (sent[i].IsTaken)
            {
                done.Add(entries[i].Place);
                metrics?.Count(RetentionMetrics.Delivered, 1);
            }
            else if (sent[i].Error is not { } error)
            {
                // Nobody is there who takes it, or it stays behind another one of its edge.
            }
            else if (IsRefused(error))
            {
                // Nobody is there any more who could be told; and what its receiver will not have must not hold up what is behind it.
                Log.Refused(logger, topic, entries[i].Message.Id, error.Message);
                metrics?.Count(RetentionMetrics.Refused, 1);
                done.Add(entries[i].Place);
            }
            else
            {
                Log.NotDelivered(logger, topic, entries[i].Message.Id, error.Message);
            }
        }

        if (done.Count > 0)
        {
            await store.RemoveAsync(topic, done);
        }

        return done.Count == entries.Count;
    }

    // One edge's messages go one after the other, as calls between processes may overtake each other; those of different edges go at once.
    private async Task<Delivery[]> DeliverAllAsync(StoredMessage[] messages, Func<int, TimeSpan?> timeout, Predicate<Delivery> holdsUp)
    {
        var deliveries = new Delivery[messages.Length];
        await Task.WhenAll(Enumerable.Range(0, messages.Length).GroupBy(i => messages[i].EdgeId).Select(DeliverOfOneEdgeAsync));
        return deliveries;

        async Task DeliverOfOneEdgeAsync(IEnumerable<int> ofOneEdge)
        {
            foreach (var i in ofOneEdge)
            {
                try
                {
                    deliveries[i] = new Delivery(await deliver(messages[i], timeout(i)), null);
                }
                catch (FrontierException error)
                {
                    deliveries[i] = new Delivery(false, error);
                }

                if (holdsUp(deliveries[i]))
                {
                    return;
                }
            }
        }
    }

    // Its receiver left with it.
    private static bool IsGone(FrontierException error) => error.Code == FrontierErrorCode.ConnectionLost;

    private static bool IsRefused(FrontierException? error) => error?.Code is FrontierErrorCode.Unknown or FrontierErrorCode.Refused or FrontierErrorCode.TooLarge;

    private async Task KeepAsync(StoredMessage[] taken, List<int> kept, Dictionary<int, TopicFailure> failures)
    {
        if (kept.Count == 0)
        {
            return;
        }

        HasMessages = true;
        _appending++;
        try
        {
            await _forgetting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            var stored = await store.AppendAsync(rule, topic, kept.ConvertAll(i => taken[i]));
            metrics?.Count(RetentionMetrics.Stored, stored.Stored);
            metrics?.Count(stored.IsStoreFull ? RetentionMetrics.StoreFull : RetentionMetrics.Full, kept.Count - stored.Stored);
            var failure = stored.IsStoreFull
                ? new TopicFailure(FrontierErrorCode.StoreFull, FrontierErrorText.StoreFull)
                : new TopicFailure(FrontierErrorCode.SlowConsumer, FrontierErrorText.SlowConsumer);
            foreach (var i in kept.Skip(stored.Stored))
            {
                failures.Add(i, failure);
            }
        }
        catch (FrontierException error)
        {
            metrics?.Count(error.Code == FrontierErrorCode.StoreFull ? RetentionMetrics.StoreFull : RetentionMetrics.Failed, kept.Count);
            foreach (var i in kept)
            {
                failures.Add(i, new TopicFailure(error.Code, error.Message));
            }
        }
        finally
        {
            _appending--;
            _appended++;
        }
    }

    // Ids are given before the first delivery, so that a receiver that had a message and left, and came again, knows it.
    private static StoredMessage ToStored(TopicMessage message) => new(Guid.CreateVersion7().ToString("N"), message.EdgeId, message.Payload, message.Custom)
    {
        Trace = message.Trace,
    };

    private readonly record struct Delivery(bool IsTaken, FrontierException? Error);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Topic {Topic}: the messages kept for it cannot be read or removed: {Error}")]
        public static partial void StoreFailed(ILogger logger, string topic, string error);

        [LoggerMessage(2, LogLevel.Warning, "Topic {Topic}: message {Id}, kept for later, was refused and is dropped: {Error}")]
        public static partial void Refused(ILogger logger, string topic, string id, string error);

        [LoggerMessage(3, LogLevel.Information, "Topic {Topic}: message {Id} could not be delivered and stays: {Error}")]
        public static partial void NotDelivered(ILogger logger, string topic, string id, string error);
    }
}

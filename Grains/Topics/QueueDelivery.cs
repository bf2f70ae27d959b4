using System.Security.Cryptography;
using Frontier.Protocol;

namespace Frontier.Grains.Topics;

/// <summary>Brings messages of a topic to an external queue.</summary>
internal static class QueueDelivery
{
    // What is kept back of a sender's time for the way back, so that it hears what went wrong and not only that its time is over.
    private static readonly TimeSpan LongestWayBack = TimeSpan.FromMilliseconds(500);

    /// <summary>Sends a batch, in order and without waiting for one before the next, and waits for the queue's word on each as long as its sender does.</summary>
    public static async Task<TopicBatchResult> SendAsync(IQueueProducer queue, string topic, TopicBatch batch)
    {
        var now = Environment.TickCount64;
        var sent = new Task[batch.Messages.Count];
        var patience = batch.Messages.Max(message => Patience(message.Remaining));
        using var over = new CancellationTokenSource(patience);
        for (var i = 0; i < sent.Length; i++)
        {
            var message = batch.Messages[i];
            sent[i] = await HandOverAsync(queue, ToQueue(topic, batch.GatewayId, message, now), over.Token);
        }

        await Task.WhenAll(sent).WaitAsync(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Dictionary<int, TopicFailure>? failures = null;
        for (var i = 0; i < sent.Length; i++)
        {
            if (!sent[i].IsCompletedSuccessfully)
            {
                (failures ??= []).Add(i, FailureOf(sent[i], queue));
            }
        }

        return new TopicBatchResult(failures);
    }

    /// <summary>Sends one message.</summary>
    /// <exception cref="FrontierException">The queue did not confirm it in time.</exception>
    public static async Task SendAsync(IQueueProducer queue, string topic, ulong edgeId, MessageRequest message, TimeSpan limit)
    {
        var batch = new TopicBatch(
            queue.Name,
            "",
            [new TopicMessage(edgeId, message.Payload, message.Custom, DateTimeOffset.UtcNow, message.Timeout is { } timeout && timeout < limit ? timeout : limit)
            {
                Trace = message.Trace,
            }]);
        if ((await SendAsync(queue, topic, batch)).Failures is { } failures)
        {
            throw new FrontierException(failures[0].Code, failures[0].Text);
        }
    }

    private static TimeSpan Patience(TimeSpan remaining)
    {
        var wayBack = remaining / 10;
        return remaining - (wayBack < LongestWayBack ? wayBack : LongestWayBack);
    }

    private static async ValueTask<Task> HandOverAsync(IQueueProducer queue, QueueMessage message, CancellationToken cancellationToken)
    {
        try
        {
            return await queue.SendAsync(message, cancellationToken);
        }
        catch (OperationCanceledException e)
        {
            return Task.FromException(e); // No room for as long as the sender waits.
        }
    }

    private static TopicFailure FailureOf(Task task, IQueueProducer queue)
    {
        if (task.Exception?.InnerException is FrontierException error)
        {
            return new TopicFailure(error.Code, error.Message);
        }

        var code = queue.Describe().State == QueueState.Up ? FrontierErrorCode.Timeout : FrontierErrorCode.QueueUnavailable;
        return new TopicFailure(code, FrontierErrorText.FromCode(code)!);
    }

    private static QueueMessage ToQueue(string topic, string gatewayId, TopicMessage message, long now) => new(topic, message.Payload)
    {
        EdgeId = message.EdgeId,
        GatewayId = gatewayId,
        ReceivedAt = message.ReceivedAt,
        Custom = message.Custom,
        TraceParent = TraceParentOf(message.Trace.Span),
        Deadline = now + (long)Patience(message.Remaining).TotalMilliseconds,
    };

    // The edge's own; where it said none, as Go edges cannot, the message begins one: version 00, trace id, parent id, not sampled here.
    private static string TraceParentOf(ReadOnlySpan<byte> trace)
    {
        var sender = TraceField.Read(trace);
        if (sender != default)
        {
            return $"00-{sender.TraceId.ToHexString()}-{sender.SpanId.ToHexString()}-{(byte)sender.TraceFlags:x2}";
        }

        Span<byte> ids = stackalloc byte[24];
        RandomNumberGenerator.Fill(ids);
        return $"00-{Convert.ToHexStringLower(ids[..16])}-{Convert.ToHexStringLower(ids[16..])}-00";
    }
}

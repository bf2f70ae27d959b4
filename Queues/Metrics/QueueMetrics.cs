using System.Diagnostics.Metrics;

namespace Frontier.Queues;

/// <summary>What there is to see of external queues: the meter <c>Frontier.Queues</c>. Labels take few values.</summary>
internal sealed class QueueMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Frontier.Queues";

    private readonly Meter _meter;
    private readonly Counter<long> _messages;
    private readonly Histogram<double> _duration;

    /// <summary>Creates the meter.</summary>
    public QueueMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _messages = _meter.CreateCounter<long>("frontier.queue.messages", "{message}", "Messages for external queues, by queue, topic class and result.");
        _duration = _meter.CreateHistogram<double>("frontier.queue.produce.duration", "s", "From taking a message for an external queue to the queue's confirmation.");
    }

    /// <summary>Has the queues' state observed.</summary>
    public void Observe(IReadOnlyList<IQueueProducer> queues)
    {
        _meter.CreateObservableGauge(
            "frontier.queue.up", () => queues.Select(queue => Measure(queue, status => status.State == QueueState.Up ? 1 : 0)), "{queue}", "1 while the external queue can be reached.");
        _meter.CreateObservableUpDownCounter(
            "frontier.queue.in_flight", () => queues.Select(queue => Measure(queue, status => status.InFlight)), "{message}", "Messages that the external queue has not confirmed.");
    }

    /// <summary>A message is through.</summary>
    /// <param name="queue">The queue's name.</param>
    /// <param name="topicClass">The topic's class.</param>
    /// <param name="error">Why it failed; null when it was confirmed.</param>
    /// <param name="duration">How long it took.</param>
    public void Done(string queue, string topicClass, FrontierErrorCode? error, TimeSpan duration)
    {
        _messages.Add(
            1,
            new KeyValuePair<string, object?>("queue", queue),
            new KeyValuePair<string, object?>("topic_class", topicClass),
            new KeyValuePair<string, object?>("result", NameOf(error)));
        if (error is null)
        {
            _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("queue", queue));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static string NameOf(FrontierErrorCode? error) => error switch
    {
        null => "confirmed",
        FrontierErrorCode.QueueUnavailable => "unavailable",
        FrontierErrorCode.Timeout => "timeout",
        FrontierErrorCode.TooLarge => "too_large",
        _ => "refused",
    };

    private static Measurement<long> Measure(IQueueProducer queue, Func<QueueStatus, long> value) =>
        new(value(queue.Describe()), new KeyValuePair<string, object?>("queue", queue.Name));
}

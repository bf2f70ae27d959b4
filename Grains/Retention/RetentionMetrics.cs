using System.Diagnostics.Metrics;

namespace Frontier.Grains.Retention;

/// <summary>What there is to see of messages that are kept for later: the meter <c>Frontier.Retention</c>.</summary>
internal sealed class RetentionMetrics : IDisposable
{
    /// <summary>A message is kept.</summary>
    public const string Stored = "stored";

    /// <summary>A kept message has been taken.</summary>
    public const string Delivered = "delivered";

    /// <summary>A kept message was refused by its receiver and dropped.</summary>
    public const string Refused = "refused";

    /// <summary>An edge did not come in time for a message.</summary>
    public const string Expired = "expired";

    /// <summary>There was no room for a message.</summary>
    public const string Full = "full";

    /// <summary>There was no room for a message in the store as a whole.</summary>
    public const string StoreFull = "store_full";

    /// <summary>The store could not be reached.</summary>
    public const string Failed = "failed";

    private readonly Meter _meter;
    private readonly Counter<long> _messages;

    /// <summary>Creates the meter.</summary>
    public RetentionMetrics(IMeterFactory meters)
    {
        _meter = meters.Create("Frontier.Retention");
        _messages = _meter.CreateCounter<long>("frontier.retained.messages", "{message}", "Messages kept for later, by what became of them.");
    }

    /// <summary>Counts messages.</summary>
    public void Count(string result, int messages)
    {
        if (messages > 0)
        {
            _messages.Add(messages, new KeyValuePair<string, object?>("result", result));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}

using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>Topics whose messages are kept while nobody is there who takes them: an element of <c>topics.retain</c>.</summary>
public sealed class TopicRetentionOptions
{
    /// <summary><c>topics.retain[].topic</c>: the topic, or a filter with <c>+</c> and <c>#</c>, whatever <c>topics.filters</c> says. Needed.</summary>
    [ConfigurationKeyName("topic")]
    public string Topic { get; init; } = "";

    /// <summary><c>topics.retain[].lifetime</c>: how long a message is kept. Default 24 h, at most 30 days (720 h).</summary>
    [ConfigurationKeyName("lifetime")]
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary><c>topics.retain[].max_messages</c>: how many messages are kept for one topic; further ones fail. Default 10,000.</summary>
    [ConfigurationKeyName("max_messages")]
    public int MaxMessages { get; init; } = 10_000;
}

using System.Collections.Frozen;

namespace Frontier.Queues;

/// <summary>The class of a topic in metrics: its name where the configuration names it, else <c>*</c>. Names that edges invent never become labels.</summary>
internal sealed class TopicClasses(IEnumerable<string> topics)
{
    private readonly FrozenSet<string> _named = topics.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The class of a topic.</summary>
    public string Of(string topic) => _named.TryGetValue(topic, out var known) ? known : QueueRoute.AnyTopic;
}

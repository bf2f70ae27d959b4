using System.Text;

namespace Frontier.GrainInterfaces;

/// <summary>How services take topics: by exact names only, or as the configuration allows beside. The same in every process of a cluster.</summary>
public sealed class TopicRules
{
    /// <summary>What a name begins with by which a service takes a topic as a member of a group: <c>$share/GROUP/TOPIC</c>, as in MQTT 5.</summary>
    public const string GroupPrefix = "$share/";

    /// <summary>Exact names, shared; a message that was not acknowledged goes to another.</summary>
    public static readonly TopicRules Plain = new();

    private readonly byte[][] _fanout = [];
    private readonly (byte[] Filter, RetentionRule Rule)[] _retention = [];

    /// <summary>Whether <c>+</c> and <c>#</c> in a service's topics make them filters.</summary>
    public bool HasFilters { get; init; }

    /// <summary>Whether <see cref="GroupPrefix"/> makes a service a member of a group.</summary>
    public bool HasGroups { get; init; }

    /// <summary>Whether a message whose receiver left before it acknowledged goes to another one.</summary>
    public bool Redelivers { get; init; } = true;

    /// <summary>The topics, or filters of topics, that all who take them receive, and not only one of them.</summary>
    public IReadOnlyList<string> Fanout
    {
        get => [.. _fanout.Select(Encoding.UTF8.GetString)];
        init => _fanout = [.. value.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>The topics whose messages are kept while nobody is there who takes them. Of several that fit a topic the first counts.</summary>
    public IReadOnlyList<RetentionRule> Retention
    {
        get => [.. _retention.Select(kept => kept.Rule)];
        init => _retention = [.. value.Select(rule => (Encoding.UTF8.GetBytes(rule.Topic), rule))];
    }

    /// <summary>Whether messages for some topics are kept.</summary>
    public bool HasRetention => _retention.Length > 0;

    /// <summary>Whether every topic goes to one of those who took it by its name.</summary>
    public bool IsPlain => !HasFilters && !HasGroups && _fanout.Length == 0;

    /// <summary>Whether some topics go to all who take them.</summary>
    public bool HasFanout => _fanout.Length > 0;

    /// <summary>What a service means by a name among its topics.</summary>
    public TopicInterest Read(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var (group, topic) = ("", name);
        if (HasGroups && name.StartsWith(GroupPrefix, StringComparison.Ordinal))
        {
            var rest = name[GroupPrefix.Length..];
            var end = rest.IndexOf('/', StringComparison.Ordinal);
            (group, topic) = end < 0 ? (rest, "") : (rest[..end], rest[(end + 1)..]);
        }

        return new TopicInterest(group, topic, HasFilters && TopicFilter.IsFilter(topic));
    }

    /// <summary>What is wrong with a name among a service's topics; null when nothing is.</summary>
    public string? Problem(string name)
    {
        var interest = Read(name);
        if (HasGroups && name.StartsWith(GroupPrefix, StringComparison.Ordinal) && (interest.Group.Length == 0 || interest.Topic.Length == 0))
        {
            return $"the topic \"{name}\": a group is taken part in as {GroupPrefix}GROUP/TOPIC";
        }

        return interest.IsFilter && TopicFilter.Problem(interest.Topic) is { } problem ? $"the topic \"{name}\": {problem}" : null;
    }

    /// <summary>How messages for a topic are kept while nobody is there who takes them; null when they are not.</summary>
    /// <param name="topic">The topic in UTF-8.</param>
    public RetentionRule? FindRetention(ReadOnlySpan<byte> topic)
    {
        foreach (var (filter, rule) in _retention)
        {
            if (TopicFilter.Matches(filter, topic))
            {
                return rule;
            }
        }

        return null;
    }

    /// <summary>Whether all who take a topic receive its messages.</summary>
    /// <param name="topic">The topic in UTF-8.</param>
    public bool IsFanout(ReadOnlySpan<byte> topic)
    {
        foreach (var filter in _fanout)
        {
            if (TopicFilter.Matches(filter, topic))
            {
                return true;
            }
        }

        return false;
    }
}

namespace Frontier.GrainInterfaces;

/// <summary>What a service means by a name among its topics; see <see cref="TopicRules.Read"/>.</summary>
/// <param name="Group">The group it takes part in; empty for the services without a group, which share a topic among themselves.</param>
/// <param name="Topic">The topic, or the filter.</param>
/// <param name="IsFilter">Whether it is a filter.</param>
public readonly record struct TopicInterest(string Group, string Topic, bool IsFilter)
{
    /// <summary>Whether it is the name of one topic and nothing else.</summary>
    public bool IsPlain => Group.Length == 0 && !IsFilter;
}

using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

/// <summary>Which services a topic goes to.</summary>
/// <param name="Shared">Those without a group, who share it; null when there are none.</param>
/// <param name="Groups">The groups, each of which gets it.</param>
/// <param name="IsFanout">Whether each of <paramref name="Shared"/> gets it, and not only one of them.</param>
internal sealed record TopicRoute(ServiceSet? Shared, ServiceSet[] Groups, bool IsFanout);

/// <summary>A name among a service's topics that is not just a topic's.</summary>
/// <param name="Group">The group; empty for none.</param>
/// <param name="Topic">The topic or the filter, in UTF-8.</param>
/// <param name="IsFilter">Whether it is a filter.</param>
/// <param name="Instance">The service.</param>
internal sealed record WideInterest(string Group, byte[] Topic, bool IsFilter, ServiceInstance Instance)
{
    /// <summary>Whether it takes a topic.</summary>
    public bool Takes(ReadOnlySpan<byte> topic) => IsFilter ? TopicFilter.Matches(Topic, topic) : topic.SequenceEqual(Topic);
}

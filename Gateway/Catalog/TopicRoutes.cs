using System.Collections.Concurrent;
using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

/// <summary>
/// Where topics go at one version of the catalog in which filters, groups or fan-out have a part. What was found for a topic is kept, so that filters are
/// gone through once for a topic and not for each message.
/// </summary>
/// <param name="exact">Who takes a topic by its name.</param>
/// <param name="wide">Filters, and members of groups.</param>
/// <param name="rules">Which topics go to all.</param>
internal sealed class TopicRoutes(TopicRoutes.ExactLookup exact, WideInterest[] wide, TopicRules rules)
{
    /// <summary>Routes that are kept for topics that nobody takes by name: edges can invent any number of them.</summary>
    public const int MaxKept = 4096;

    private readonly ConcurrentDictionary<byte[], TopicRoute> _routes = new(ByteKeyComparer.Instance);
    private int _kept;

    /// <summary>Finds who takes a topic by its name.</summary>
    public delegate ServiceSet? ExactLookup(ReadOnlySpan<byte> topic);

    /// <summary>Where a topic goes.</summary>
    public TopicRoute Find(ReadOnlySpan<byte> topic)
    {
        if (_routes.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(topic, out var known))
        {
            return known;
        }

        var named = exact(topic);
        var key = topic.ToArray();
        var route = Make(key, named);
        if (named is not null || (Volatile.Read(ref _kept) < MaxKept && Interlocked.Increment(ref _kept) <= MaxKept))
        {
            _routes.TryAdd(key, route);
        }

        return route;
    }

    private TopicRoute Make(byte[] topic, ServiceSet? named)
    {
        var takers = wide.Where(interest => interest.Takes(topic)).ToLookup(interest => interest.Group, interest => interest.Instance, StringComparer.Ordinal);
        ServiceSet[] groups =
        [
            .. takers.Where(group => group.Key.Length > 0).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => SetOf(topic, group, group.Key)),
        ];
        var shared = takers.Contains("") ? SetOf(topic, (named?.Instances ?? []).Concat(takers[""]), "") : named;
        return new TopicRoute(shared, groups, rules.IsFanout(topic));
    }

    // A service that takes a topic by several of its names is there once, by its newest session.
    private static ServiceSet SetOf(byte[] topic, IEnumerable<ServiceInstance> instances, string group) =>
        new(topic, [.. instances.OrderByDescending(instance => instance.Epoch).DistinctBy(instance => instance.ServiceId).OrderBy(instance => instance.ServiceId)], isReserved: false, group);
}

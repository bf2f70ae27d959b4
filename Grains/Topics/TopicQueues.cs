namespace Frontier.Grains.Topics;

/// <summary>The external queues that take a topic.</summary>
internal static class TopicQueues
{
    /// <summary>Those that take it by its name, in the same order everywhere.</summary>
    public static IReadOnlyList<string> Named(IReadOnlyList<QueueRoute> routes, string topic) =>
        [.. routes.Where(route => topic != QueueRoute.AnyTopic && route.Topics.Contains(topic, StringComparer.Ordinal)).Select(route => route.Queue)];

    /// <summary>Those that take what nobody else does.</summary>
    public static IReadOnlyList<string> Any(IReadOnlyList<QueueRoute> routes) =>
        [.. routes.Where(route => route.Topics.Contains(QueueRoute.AnyTopic, StringComparer.Ordinal)).Select(route => route.Queue)];
}

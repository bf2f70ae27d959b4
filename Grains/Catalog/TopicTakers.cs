using System.Text;

namespace Frontier.Grains.Catalog;

/// <summary>Finds who takes a topic.</summary>
internal static class TopicTakers
{
    /// <summary>Those who take a topic, by its name or by a filter: ordered by group, and by service id within it; each service once in a group.</summary>
    public static IReadOnlyList<TopicTaker> Find(IEnumerable<CatalogEntry> services, TopicRules rules, string topic)
    {
        var name = Encoding.UTF8.GetBytes(topic);
        return
        [
            .. services
                .SelectMany(service => service.Topics, (service, taken) => (Service: service, Interest: rules.Read(taken)))
                .Where(taken => taken.Interest.IsFilter
                    ? TopicFilter.Matches(Encoding.UTF8.GetBytes(taken.Interest.Topic), name)
                    : taken.Interest.Topic == topic)
                .Select(taken => new TopicTaker(taken.Interest.Group, taken.Service.ServiceId, taken.Service.Epoch))
                .OrderByDescending(taker => taker.Epoch)
                .DistinctBy(taker => (taker.Group, taker.ServiceId)) // Not also by the session that the service moves away from.
                .OrderBy(taker => taker.Group, StringComparer.Ordinal)
                .ThenBy(taker => taker.ServiceId),
        ];
    }
}

using System.Text;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>
/// One version of the service catalog, made for looking up: by the bytes that stand in frames, without allocating. Immutable; a change makes a new one.
/// </summary>
internal sealed class ServiceDirectory
{
    /// <summary>Without any service.</summary>
    public static readonly ServiceDirectory Empty = new([]);

    private readonly Map _methods;
    private readonly Map _methodsByName;
    private readonly Map _topics;
    private readonly TopicRoutes? _routes;
    private readonly Map _names;
    private readonly Dictionary<byte[], string[]>.AlternateLookup<ReadOnlySpan<byte>> _queues;

    public ServiceDirectory(
        IEnumerable<(CatalogEntry Entry, ServiceSession? Local)> services,
        IEnumerable<GatewayRecord>? gateways = null,
        IReadOnlyList<QueueRoute>? queues = null,
        TopicRules? rules = null)
    {
        rules ??= TopicRules.Plain;
        var wide = new List<WideInterest>();
        var silos = (gateways ?? []).ToDictionary(gateway => gateway.GatewayId, gateway => gateway.Silo, StringComparer.Ordinal);
        Builder methods = new(), topics = new(), names = new();
        foreach (var (entry, local) in services.OrderBy(service => service.Entry.ServiceId).ThenByDescending(service => service.Entry.Epoch))
        {
            var instance = new ServiceInstance(entry.ServiceId, entry.Epoch, entry.GatewayId, local, local is null ? silos.GetValueOrDefault(entry.GatewayId) : null);
            foreach (var method in entry.Methods)
            {
                methods.Add(Base64Text.Encode(Encoding.UTF8.GetBytes(method)), instance);
            }

            foreach (var topic in entry.Topics)
            {
                var interest = rules.Read(topic);
                var name = Encoding.UTF8.GetBytes(interest.Topic);
                if (interest.IsPlain)
                {
                    topics.Add(name, instance);
                }
                else
                {
                    wide.Add(new WideInterest(interest.Group, name, interest.IsFilter, instance));
                }
            }

            if (entry.Name.Length > 0)
            {
                names.Add(Encoding.UTF8.GetBytes(entry.Name), instance);
            }
        }

        _methods = methods.Build(ReservedMethods.IsReserved);
        _methodsByName = _methods.WithKeys(static key => Base64Text.Decode(key));
        _topics = topics.Build(static _ => false);
        _routes = wide.Count > 0 || rules.HasFanout ? new TopicRoutes(_topics.Find, [.. wide], rules) : null;
        _names = names.Build(static _ => false);
        var byTopic = (queues ?? [])
            .SelectMany(route => route.Topics, (route, topic) => (route.Queue, Topic: topic))
            .GroupBy(route => route.Topic, route => route.Queue, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);
        HasQueues = byTopic.Count > 0;
        AnyTopicQueues = byTopic.GetValueOrDefault(QueueRoute.AnyTopic);
        _queues = byTopic
            .Where(topic => topic.Key != QueueRoute.AnyTopic)
            .ToDictionary(topic => Encoding.UTF8.GetBytes(topic.Key), topic => topic.Value, (IEqualityComparer<byte[]>)ByteKeyComparer.Instance)
            .GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Whether any topic goes to an external queue.</summary>
    public bool HasQueues { get; }

    /// <summary>The names of the external queues that take every topic that nobody else takes; null when there are none.</summary>
    public string[]? AnyTopicQueues { get; }

    /// <summary>The names of the external queues that take a topic by its name, in the same order on every gateway; null when there are none.</summary>
    /// <param name="topic">The topic in UTF-8.</param>
    public string[]? FindQueues(ReadOnlySpan<byte> topic) => _queues.TryGetValue(topic, out var queues) ? queues : null;

    /// <summary>Who serves a method.</summary>
    /// <param name="key">The method's name as in a Request.</param>
    /// <param name="isBinary">Whether that is the name itself, and not its base64.</param>
    public ServiceSet? FindMethod(ReadOnlySpan<byte> key, bool isBinary = false)
    {
        if (isBinary)
        {
            return _methodsByName.Find(key);
        }

        if (_methods.Find(key) is { } found)
        {
            return found;
        }

        // Base64 has more than one text for some names when the unused bits of the last group are set; try the regular one before giving up.
        return key.IsEmpty || key[^1] != '=' ? null : _methods.Find(Base64Text.Encode(Base64Text.Decode(key)));
    }

    /// <summary>Who shares a topic, by its name or by a filter, without being in a group.</summary>
    /// <param name="topic">The topic in UTF-8.</param>
    public ServiceSet? FindTopic(ReadOnlySpan<byte> topic) => _routes is null ? _topics.Find(topic) : _routes.Find(topic).Shared;

    /// <summary>Who takes a topic as members of a group; with an empty group those who share it.</summary>
    public ServiceSet? FindTopic(ReadOnlySpan<byte> topic, string group) =>
        group.Length == 0 ? FindTopic(topic) : _routes is null ? null : Array.Find(_routes.Find(topic).Groups, set => set.Group == group);

    /// <summary>Where a topic goes; null when no filter, group or fan-out has a part in any topic.</summary>
    public TopicRoute? FindRoute(ReadOnlySpan<byte> topic) => _routes?.Find(topic);

    /// <summary>Who has a service name.</summary>
    /// <param name="name">The name in UTF-8.</param>
    public ServiceSet? FindName(ReadOnlySpan<byte> name) => _names.Find(name);

    private sealed class Map(Dictionary<byte[], ServiceSet> sets)
    {
        private readonly Dictionary<byte[], ServiceSet>.AlternateLookup<ReadOnlySpan<byte>> _sets = sets.GetAlternateLookup<ReadOnlySpan<byte>>();

        /// <summary>The same sets by other keys.</summary>
        public Map WithKeys(Func<byte[], byte[]> change) =>
            new(sets.ToDictionary(set => change(set.Key), set => set.Value, ByteKeyComparer.Instance));

        public ServiceSet? Find(ReadOnlySpan<byte> key) => _sets.TryGetValue(key, out var set) ? set : null;
    }

    private sealed class Builder
    {
        private readonly Dictionary<byte[], List<ServiceInstance>> _instances = new(ByteKeyComparer.Instance);

        public void Add(byte[] key, ServiceInstance instance)
        {
            if (!_instances.TryGetValue(key, out var list))
            {
                _instances.Add(key, list = []);
            }

            // Once for a service, by its newest session that serves this: an older one has it while the service moves.
            if (list.Count == 0 || list[^1].ServiceId != instance.ServiceId)
            {
                list.Add(instance);
            }
        }

        public Map Build(Func<byte[], bool> isReserved)
        {
            var sets = new Dictionary<byte[], ServiceSet>(_instances.Count, ByteKeyComparer.Instance);
            foreach (var (key, list) in _instances)
            {
                sets.Add(key, new ServiceSet(key, [.. list], isReserved(key)));
            }

            return new Map(sets);
        }
    }
}

using System.Net;

namespace Frontier.Gateway;

/// <summary>
/// Shares the process's file descriptors among its listeners, because the runtime does not survive running out of them. Each kind has room that the others
/// cannot take: HTTP ports and health have their own, and of what edges and services share some is the services'. Counted when a socket is accepted, before a
/// byte is read, and until it is closed.
/// </summary>
internal sealed class ConnectionBudget
{
    // Of what is left when somebody else in the process opens more than was set aside: accepting must not be what fails.
    private const int Spare = 64;
    private const int MaxForServices = 1024;

    private static readonly TimeSpan MeasureInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly int[] _open = new int[Enum.GetValues<ListenerKind>().Length];
    private readonly int[] _room = new int[Enum.GetValues<ListenerKind>().Length];
    private readonly Dictionary<IPAddress, int> _httpBySource = [];
    private readonly LinkedList<Entry> _health = new();
    private readonly int _peers;
    private readonly long? _descriptors;
    private readonly int _reserve;
    private readonly Func<int>? _countDescriptors;
    private readonly TimeProvider _time;
    private int _others;
    private long _measuredAt;

    /// <summary>Shares descriptors.</summary>
    /// <param name="limits">What is set aside, and what HTTP ports may have.</param>
    /// <param name="descriptors">How many the process may have; null when that is not known.</param>
    /// <param name="countDescriptors">Counts those that are open; null when that cannot be done.</param>
    /// <param name="time">The clock.</param>
    public ConnectionBudget(LimitOptions limits, long? descriptors, Func<int>? countDescriptors, TimeProvider time)
    {
        _descriptors = descriptors;
        _countDescriptors = countDescriptors;
        _time = time;
        _measuredAt = time.GetTimestamp();
        var all = (int)Math.Min(descriptors ?? int.MaxValue, int.MaxValue);
        _reserve = Math.Min(limits.ReservedDescriptors, all / 2);
        var total = all - _reserve;
        var health = Math.Min(limits.MaxHealthConnections, Math.Max(1, total / 8));
        var http = Math.Min(limits.MaxHttpConnections, Math.Max(1, total / 4));
        _peers = Math.Max(2, total - health - http);
        _room[(int)ListenerKind.Health] = health;
        _room[(int)ListenerKind.Http] = http;
        _room[(int)ListenerKind.Services] = _peers;
        _room[(int)ListenerKind.Edges] = _peers - Math.Min(MaxForServices, Math.Max(1, _peers / 8));
    }

    /// <summary>How many connections of a kind there can be.</summary>
    public int RoomFor(ListenerKind kind) => _room[(int)kind];

    /// <summary>
    /// Takes a place for a connection. Null when there is none. On the ports of health and metrics, where a probe must always get through, the oldest
    /// connection makes place for a new one: probes are short, and who fills the port with requests that never end loses those.
    /// </summary>
    /// <param name="kind">Which listener.</param>
    /// <param name="source">The address the connection comes from.</param>
    /// <param name="abort">Cuts the connection.</param>
    public Entry? TryEnter(ListenerKind kind, IPAddress source, Action abort)
    {
        Entry? oldest = null;
        var entry = new Entry(this, kind, source, abort);
        lock (_gate)
        {
            if (!HasDescriptors(kind) || (kind != ListenerKind.Health && !HasRoom(kind, source)))
            {
                return null;
            }

            _open[(int)kind]++;
            if (kind == ListenerKind.Http)
            {
                _httpBySource[source] = _httpBySource.GetValueOrDefault(source) + 1;
            }
            else if (kind == ListenerKind.Health)
            {
                if (_health.Count >= RoomFor(kind))
                {
                    oldest = _health.First!.Value;
                    _health.RemoveFirst();
                }

                entry.Place = _health.AddLast(entry);
            }
        }

        oldest?.Abort();
        return entry;
    }

    private bool HasRoom(ListenerKind kind, IPAddress source) => kind switch
    {
        // One address gets half of it, so that another can look at what goes on.
        ListenerKind.Http => _open[(int)kind] < RoomFor(kind) && _httpBySource.GetValueOrDefault(source) < Math.Max(1, RoomFor(kind) / 2),
        ListenerKind.Edges => _open[(int)kind] < RoomFor(kind) && _open[(int)kind] + _open[(int)ListenerKind.Services] < _peers,
        _ => _open[(int)ListenerKind.Edges] + _open[(int)ListenerKind.Services] < _peers,
    };

    // The other descriptors of the process are counted when it could matter and not more than every few seconds: the count costs a look at each of them.
    private bool HasDescriptors(ListenerKind kind)
    {
        if (_descriptors is not { } descriptors || _countDescriptors is null)
        {
            return true;
        }

        var connections = _open.Sum();
        if ((connections + _others) * 2L > descriptors - _reserve && _time.GetElapsedTime(_measuredAt) >= MeasureInterval)
        {
            _measuredAt = _time.GetTimestamp();
            _others = Math.Max(0, _countDescriptors() - connections);
        }

        // Health may go into the spare ones.
        return connections + _others + (kind == ListenerKind.Health ? Spare / 2 : Spare) < descriptors;
    }

    private void Leave(Entry entry)
    {
        lock (_gate)
        {
            _open[(int)entry.Kind]--;
            if (entry.Kind == ListenerKind.Http)
            {
                var left = _httpBySource[entry.Source] - 1;
                if (left > 0)
                {
                    _httpBySource[entry.Source] = left;
                }
                else
                {
                    _httpBySource.Remove(entry.Source);
                }
            }
            else if (entry.Place is { List: not null } place)
            {
                _health.Remove(place);
            }
        }
    }

    /// <summary>A connection's place.</summary>
    internal sealed class Entry(ConnectionBudget budget, ListenerKind kind, IPAddress source, Action abort)
    {
        private int _left;

        /// <summary>Which listener.</summary>
        public ListenerKind Kind => kind;

        /// <summary>The address it comes from.</summary>
        public IPAddress Source => source;

        /// <summary>Where it stands among those that may have to make place.</summary>
        public LinkedListNode<Entry>? Place { get; set; }

        /// <summary>Cuts the connection.</summary>
        public void Abort() => abort();

        /// <summary>Gives the place back, once.</summary>
        public void Leave()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                budget.Leave(this);
            }
        }
    }
}

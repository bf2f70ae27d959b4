namespace Frontier.GrainInterfaces;

/// <summary>
/// The cluster's list of services (one grain, key 0): names, methods and topics → instances. Every gateway keeps a whole copy, because it is
/// read on every message; this grain only brings the copies together. Each gateway is the authority for its own services and says all of them
/// again at every sync, so the catalog heals after a lost push, a lost gateway, or the loss of this grain itself.
/// </summary>
[Alias("frontier.IServiceCatalogGrain")]
public interface IServiceCatalogGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// A gateway says which services it has now, and learns what it does not know. Called on every change and every few seconds;
    /// a gateway that has not synced for <see cref="CatalogSync.Expiry"/> drops out with its services.
    /// </summary>
    /// <returns>
    /// The whole catalog, which replaces the caller's copy, or what changed since (<see cref="CatalogSnapshot.Since"/>); or an answer of the version that the caller named, or null, when it keeps its copy: it is current,
    /// the sync was a late one (<see cref="CatalogSnapshot.LastSequence"/>), or the catalog is being rebuilt (in the first seconds of a new life it is
    /// incomplete, so copies of an earlier life are better).
    /// With <see cref="CatalogSnapshot.ServicesWanted"/> set it is no catalog but a request to sync again with all services.
    /// </returns>
    [Alias("sync")]
    ValueTask<CatalogSnapshot?> SyncAsync(CatalogSync sync);

    /// <summary>
    /// Asks for pushes; what the gateway does not have yet is pushed at once. A subscription lasts as long as the subscriber keeps syncing and
    /// takes its pushes, and not longer than the grain's life. Renewing it is cheap: a gateway does so after
    /// <see cref="CatalogSnapshot.ServicesWanted"/> and whenever a sync brought a change of which no push had told.
    /// </summary>
    [Alias("subscribe")]
    ValueTask SubscribeAsync(string gatewayId, ICatalogObserver observer);

    /// <summary>
    /// Completes when every subscribed gateway has this version or a later one, so that what a service may do can be done from anywhere; after
    /// <see cref="CatalogSync.PropagationLimit"/> at the latest, because a gateway that hangs must not hold up the others' services.
    /// </summary>
    [Alias("propagated")]
    ValueTask PropagatedAsync(CatalogVersion version);

    /// <summary>A gateway leaves: its services are dropped at once.</summary>
    [Alias("leave")]
    ValueTask LeaveAsync(string gatewayId);

    /// <summary>The whole catalog.</summary>
    [Alias("get")]
    ValueTask<CatalogSnapshot> GetAsync();

    /// <summary>Who takes a topic, by its name or by a filter: ordered by group, and by service id within it; each service once in a group.</summary>
    [Alias("findTopic")]
    ValueTask<IReadOnlyList<TopicTaker>> FindTopicAsync(string topic);
}

/// <summary>A gateway that hears of changes of the catalog at once.</summary>
[Alias("frontier.ICatalogObserver")]
public interface ICatalogObserver : IGrainObserver
{
    /// <summary>The catalog changed. A copy older than what the receiver has is ignored; a lost push is made good at the next sync.</summary>
    [Alias("changed")]
    ValueTask CatalogChangedAsync(CatalogSnapshot snapshot);
}

/// <summary>What a gateway says at a sync.</summary>
/// <param name="GatewayId">The gateway.</param>
/// <param name="Sequence">Grows with each sync under the gateway's id, across restarts of its process too (so it starts at the clock, for instance UTC in microseconds); one that is not larger than the last is ignored (<see cref="CatalogSnapshot.LastSequence"/>).</param>
/// <param name="Services">All services the gateway holds now; null when they are as it said last (<see cref="ServicesVersion"/>). The first sync of a process names them.</param>
/// <param name="ServicesVersion">Grows with each change of the gateway's services.</param>
/// <param name="KnownVersion">The version of the gateway's copy; 0 for none.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.CatalogSync")]
public sealed record CatalogSync(
    [property: Id(0)] string GatewayId,
    [property: Id(1)] long Sequence,
    [property: Id(2)] IReadOnlyList<CatalogEntry>? Services,
    [property: Id(3)] long ServicesVersion,
    [property: Id(4)] CatalogVersion KnownVersion)
{
    /// <summary>
    /// The gateway itself, as others are to see it; null for a process that only follows the catalog. Counts in a sync that names
    /// <see cref="Services"/>: a change of it counts as a change of them.
    /// </summary>
    [Id(5)]
    public GatewayRecord? Gateway { get; init; }

    /// <summary>
    /// Instead of <see cref="Services"/>: what changed of them since the version that the catalog has. Whoever does not have that version, or does not know of such
    /// changes, asks for all of them (<see cref="CatalogSnapshot.ServicesWanted"/>).
    /// </summary>
    [Id(7)]
    public CatalogChange? Changed { get; init; }

    /// <summary>Whether the gateway can be told what changed (<see cref="CatalogSnapshot.Since"/>), and not only everything.</summary>
    [Id(8)]
    public bool TakesChanges { get; init; }

    /// <summary>What the <see cref="EpochClock"/> of the caller's process shows.</summary>
    [Id(6)]
    public long EpochNow { get; init; }

    /// <summary>How long a gateway may stay silent before it drops out: 30 s, as the original's liveness keys in Redis.</summary>
    public static readonly TimeSpan Expiry = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a new catalog is taken to be incomplete: 10 s, long enough for every live gateway to sync (which they do every few seconds) and be asked for
    /// its services.
    /// </summary>
    public static readonly TimeSpan RebuildTime = TimeSpan.FromSeconds(10);

    /// <summary>How long a service's registration waits for other gateways to hear of it: 1 s, a multiple of what a healthy one takes.</summary>
    public static readonly TimeSpan PropagationLimit = TimeSpan.FromSeconds(1);
}

/// <summary>What changed of a gateway's services.</summary>
/// <param name="Since">The version of its services (<see cref="CatalogSync.ServicesVersion"/>) from which on it changed.</param>
/// <param name="Services">Those that came or are not as before.</param>
/// <param name="Gone">The ids of those that left.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.CatalogChange")]
public sealed record CatalogChange(
    [property: Id(0)] long Since, [property: Id(1)] IReadOnlyList<CatalogEntry> Services, [property: Id(2)] IReadOnlyList<ulong> Gone);

/// <summary>What one entry of the catalog is known by: a service that moves is there twice, once for each gateway.</summary>
/// <param name="ServiceId">The service.</param>
/// <param name="GatewayId">The gateway that named it.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.CatalogKey")]
public readonly record struct CatalogKey([property: Id(0)] ulong ServiceId, [property: Id(1)] string GatewayId)
{
    /// <summary>An entry's.</summary>
    public static CatalogKey Of(CatalogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return new CatalogKey(entry.ServiceId, entry.GatewayId);
    }
}

/// <summary>A version of the catalog. Another <paramref name="Incarnation"/> means the catalog was rebuilt and numbers cannot be compared.</summary>
/// <param name="Incarnation">The life of the catalog grain that counted; later lives have larger ones. 0: no copy yet.</param>
/// <param name="Number">Grows with every change.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.CatalogVersion")]
public readonly record struct CatalogVersion([property: Id(0)] long Incarnation, [property: Id(1)] long Number) : IComparable<CatalogVersion>
{
    /// <inheritdoc/>
    public int CompareTo(CatalogVersion other) =>
        Incarnation != other.Incarnation ? Incarnation.CompareTo(other.Incarnation) : Number.CompareTo(other.Number);

    /// <summary>Whether the left version is older.</summary>
    public static bool operator <(CatalogVersion left, CatalogVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left version is newer.</summary>
    public static bool operator >(CatalogVersion left, CatalogVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left version is older or the same.</summary>
    public static bool operator <=(CatalogVersion left, CatalogVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left version is newer or the same.</summary>
    public static bool operator >=(CatalogVersion left, CatalogVersion right) => left.CompareTo(right) >= 0;
}

/// <summary>The whole catalog at one version.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Services">All service instances of the cluster, ordered by id, so that a choice by index is the same on every gateway.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.CatalogSnapshot")]
public sealed record CatalogSnapshot([property: Id(0)] CatalogVersion Version, [property: Id(1)] IReadOnlyList<CatalogEntry> Services)
{
    /// <summary>
    /// True in the answer to a sync without services when the catalog does not know the caller's services as of the version it named, as in a
    /// new life of the grain. The caller syncs again at once with all its services and subscribes again; the rest of the answer says nothing.
    /// </summary>
    [Id(2)]
    public bool ServicesWanted { get; init; }

    /// <summary>The gateways that sync, ordered by id.</summary>
    [Id(3)]
    public IReadOnlyList<GatewayRecord> Gateways { get; init; } = [];

    /// <summary>Which topics go to external queues. The same for all of the catalog's life: it is what the processes with the role <c>silo</c> are configured with.</summary>
    [Id(4)]
    public IReadOnlyList<QueueRoute> Queues { get; init; } = [];

    /// <summary>
    /// What the <see cref="EpochClock"/> of the catalog's process showed when this was sent. An answer to a sync that has nothing but this to say has the
    /// version that the caller named.
    /// </summary>
    [Id(5)]
    public long EpochNow { get; init; }

    /// <summary>
    /// In the answer to a sync that was ignored because its number is not larger than the last: that number. A process whose predecessor counted from a
    /// clock that was ahead counts on from here, and syncs again at once. 0 in every other answer.
    /// </summary>
    [Id(6)]
    public long LastSequence { get; init; }

    /// <summary>
    /// When set, this is no whole catalog but what makes one of a copy that is of this version or a later one: <see cref="Services"/> are those that came or
    /// changed, <see cref="Gone"/> those that are not there any more, and the external queues are as they were.
    /// </summary>
    [Id(7)]
    public CatalogVersion? Since { get; init; }

    /// <summary>With <see cref="Since"/>: the entries that are gone.</summary>
    [Id(8)]
    public IReadOnlyList<CatalogKey> Gone { get; init; } = [];

    /// <summary>With <see cref="Since"/>: whether the gateways are as they were, and are not said again.</summary>
    [Id(9)]
    public bool HasSameGateways { get; init; }

    /// <summary>The whole catalog that a change makes of this one.</summary>
    /// <returns>Null when this copy is older than what the change is made for: it has a gap.</returns>
    public CatalogSnapshot? Apply(CatalogSnapshot change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (change.Since is not { } since)
        {
            return change;
        }

        if (since.Incarnation != Version.Incarnation || since > Version)
        {
            return null;
        }

        var entries = Services.ToDictionary(CatalogKey.Of);
        foreach (var key in change.Gone)
        {
            entries.Remove(key);
        }

        foreach (var entry in change.Services)
        {
            entries[CatalogKey.Of(entry)] = entry;
        }

        return this with
        {
            Version = change.Version,
            Services =
            [
                .. entries.Values
                    .OrderBy(entry => entry.ServiceId)
                    .ThenByDescending(entry => entry.Epoch)
                    .ThenBy(entry => entry.GatewayId, StringComparer.Ordinal),
            ],
            Gateways = change.HasSameGateways ? Gateways : change.Gateways,
        };
    }
}

/// <summary>One service instance in the catalog.</summary>
/// <param name="ServiceId">The instance's id.</param>
/// <param name="Epoch">The epoch of its session; of two entries for one id the larger wins.</param>
/// <param name="GatewayId">The gateway that holds its socket.</param>
/// <param name="Name">The service's name; may be empty.</param>
/// <param name="Methods">The methods it registered.</param>
/// <param name="Topics">The topics it takes.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.CatalogEntry")]
public sealed record CatalogEntry(
    [property: Id(0)] ulong ServiceId,
    [property: Id(1)] long Epoch,
    [property: Id(2)] string GatewayId,
    [property: Id(3)] string Name,
    [property: Id(4)] IReadOnlyList<string> Methods,
    [property: Id(5)] IReadOnlyList<string> Topics);

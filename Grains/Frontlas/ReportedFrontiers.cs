namespace Frontier.Grains.Frontlas;

/// <summary>The state of <see cref="ReportedFrontiersGrain"/>: what is alive, and since when and how long still.</summary>
/// <param name="clock">The time.</param>
/// <param name="maxSessions">How many sessions are kept; further ones are not taken in, since a frontier's reports are not to be trusted with all memory.</param>
/// <param name="isKept">Whether somebody keeps what changes; see <see cref="TakeChanges"/>.</param>
internal sealed class ReportedFrontiers(TimeProvider clock, int maxSessions, bool isKept = false)
{
    // Keys of what changed since somebody asked; no more than there is and was.
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);

    private readonly Dictionary<string, Known> _frontiers = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, Session> _edges = [];
    private readonly Dictionary<ulong, Session> _services = [];

    /// <summary>Takes a report.</summary>
    public void Take(FrontierReport report)
    {
        var known = _frontiers.GetValueOrDefault(report.FrontierId);
        if (report.Kind == FrontierReportKind.FrontierOnline || (known is null && report.Kind == FrontierReportKind.FrontierAlive))
        {
            // Sessions of an earlier connection stay: the frontier does not report them again, only their signs of life.
            _frontiers[report.FrontierId] = new Known(report.ConnectionId, report.ServiceboundAddress, report.EdgeboundAddress, report.Expiry, Due(report));
            Changed(KeptReport.KeyOf(report.FrontierId));
            return;
        }

        if (known is null || known.ConnectionId != report.ConnectionId)
        {
            return;
        }

        switch (report.Kind)
        {
            case FrontierReportKind.FrontierAlive:
                known.Due = Due(report);
                break;
            case FrontierReportKind.FrontierOffline:
                Drop(report.FrontierId);
                break;
            case FrontierReportKind.SessionAlive:
                Keep(report);
                break;
            case FrontierReportKind.SessionOffline when SessionsOf(report.Session) is var sessions
                && sessions.TryGetValue(report.SessionId, out var session) && session.FrontierId == report.FrontierId:
                sessions.Remove(report.SessionId);
                Changed(KeptReport.KeyOf(report.Session, report.SessionId));
                break;
        }
    }

    /// <summary>Forgets what has given no sign of life for too long; a frontier takes its sessions along.</summary>
    public void Expire()
    {
        var now = clock.GetUtcNow();
        foreach (var (frontierId, _) in _frontiers.Where(frontier => frontier.Value.Due <= now).ToList())
        {
            Drop(frontierId);
        }

        RemoveWhere(session => session.Due <= now);
    }

    /// <summary>Takes what was kept. It holds as long as if there had just been a sign of life.</summary>
    public void Restore(IEnumerable<KeyValuePair<string, string>> kept)
    {
        foreach (var (key, text) in kept)
        {
            if (!KeptReport.TryReadKey(key, out var kind, out var id) || KeptReport.Parse(text) is not { } report)
            {
                Changed(key); // Nobody can read it: it goes.
                continue;
            }

            var expiry = TimeSpan.FromMilliseconds(report.Expiry);
            var due = Due(expiry);
            if (id is null)
            {
                _frontiers.TryAdd(report.FrontierId, new Known(report.ConnectionId, report.Services ?? "", report.Edges ?? "", expiry, due));
            }
            else if (_edges.Count + _services.Count < maxSessions)
            {
                SessionsOf(kind).TryAdd(id.Value, new Session(report.FrontierId, report.Address ?? "", report.Name ?? "", report.Since, expiry, due));
            }
        }

        // Nobody gives signs of life for the sessions of a frontier that is not known.
        RemoveWhere(session => !_frontiers.ContainsKey(session.FrontierId));
    }

    /// <summary>Whether something changed that is to be kept.</summary>
    public bool HasChanges => _changed.Count > 0;

    /// <summary>What is to be kept of what changed since the last time; null for what is gone.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string?>> TakeChanges()
    {
        var changes = _changed.Select(key => KeyValuePair.Create(key, TextOf(key))).ToArray();
        _changed.Clear();
        return changes;
    }

    /// <summary>Changes that could not be kept: they are given again.</summary>
    public void GiveBack(IReadOnlyCollection<KeyValuePair<string, string?>> changes) => _changed.UnionWith(changes.Select(change => change.Key));

    /// <summary>How long what was taken held at most without a sign of life.</summary>
    public TimeSpan LongestExpiry { get; private set; }

    /// <summary>Whether nothing is known.</summary>
    public bool IsEmpty => _frontiers.Count == 0;

    /// <inheritdoc cref="IReportedFrontiersGrain.ListAsync"/>
    public IReadOnlyList<ReportedFrontier> List()
    {
        Expire();
        var edges = _edges.Values.CountBy(session => session.FrontierId).ToDictionary();
        var services = _services.Values.CountBy(session => session.FrontierId).ToDictionary();
        return [.. _frontiers.OrderBy(frontier => frontier.Key, StringComparer.Ordinal).Select(frontier => new ReportedFrontier(
            frontier.Key,
            frontier.Value.ServiceboundAddress,
            frontier.Value.EdgeboundAddress,
            new SessionCounts(edges.GetValueOrDefault(frontier.Key), services.GetValueOrDefault(frontier.Key))))];
    }

    /// <inheritdoc cref="IReportedFrontiersGrain.FindAsync"/>
    public IReadOnlyList<SessionEntry> Find(SessionKind kind, IReadOnlyList<ulong> ids)
    {
        Expire();
        var sessions = SessionsOf(kind);
        return [.. ids.Where(sessions.ContainsKey).Select(id => ToEntry(id, sessions[id]))];
    }

    /// <inheritdoc cref="IReportedFrontiersGrain.ScanAsync"/>
    public SessionScan Scan(SessionKind kind, uint cursor, int count)
    {
        Expire();
        var rest = SessionsOf(kind)
            .Select(session => (Hash: ScanHash.Of(session.Key), Id: session.Key, Session: session.Value))
            .Where(session => session.Hash >= cursor)
            .OrderBy(session => session.Hash)
            .ToList();
        var shown = rest.Count <= count ? rest : [.. rest.TakeWhile(session => session.Hash <= rest[count - 1].Hash)];
        return new SessionScan([.. shown.Select(session => ToEntry(session.Id, session.Session))], shown.Count < rest.Count);
    }

    private static SessionEntry ToEntry(ulong id, Session session) => new(id, session.FrontierId, session.Address, session.Name, session.Since);

    private void Changed(string key)
    {
        if (isKept)
        {
            _changed.Add(key);
        }
    }

    private string? TextOf(string key)
    {
        if (!KeptReport.TryReadKey(key, out var kind, out var id))
        {
            return null;
        }

        if (id is null)
        {
            var frontierId = key[KeptReport.KeyOf("").Length..];
            return !_frontiers.TryGetValue(frontierId, out var known) ? null : new KeptReport(frontierId, (long)known.Expiry.TotalMilliseconds)
            {
                ConnectionId = known.ConnectionId,
                Services = known.ServiceboundAddress,
                Edges = known.EdgeboundAddress,
            }.ToText();
        }

        return !SessionsOf(kind).TryGetValue(id.Value, out var session) ? null : new KeptReport(session.FrontierId, (long)session.Expiry.TotalMilliseconds)
        {
            Address = session.Address,
            Name = session.Name,
            Since = session.Since,
        }.ToText();
    }

    private void RemoveWhere(Predicate<Session> isGone)
    {
        RemoveWhere(SessionKind.Edge, isGone);
        RemoveWhere(SessionKind.Service, isGone);
    }

    private void RemoveWhere(SessionKind kind, Predicate<Session> isGone)
    {
        var sessions = SessionsOf(kind);
        // A dictionary may be removed from while it is walked.
        foreach (var (id, session) in sessions)
        {
            if (isGone(session))
            {
                sessions.Remove(id);
                Changed(KeptReport.KeyOf(kind, id));
            }
        }
    }

    private void Keep(FrontierReport report)
    {
        var sessions = SessionsOf(report.Session);
        if (sessions.TryGetValue(report.SessionId, out var session) && session.FrontierId == report.FrontierId && report.Address is null)
        {
            session.Due = Due(report);
        }
        else if (session is not null || _edges.Count + _services.Count < maxSessions)
        {
            // A sign of life of a session that is not known is all there is of it: the rest was lost, and where it is matters most.
            sessions[report.SessionId] = new Session(
                report.FrontierId, report.Address ?? "", report.Name ?? "", clock.GetUtcNow().ToUnixTimeSeconds(), report.Expiry, Due(report));
            Changed(KeptReport.KeyOf(report.Session, report.SessionId));
        }
    }

    private void Drop(string frontierId)
    {
        _frontiers.Remove(frontierId);
        Changed(KeptReport.KeyOf(frontierId));
        RemoveWhere(session => session.FrontierId == frontierId);
    }

    private Dictionary<ulong, Session> SessionsOf(SessionKind kind) => kind == SessionKind.Edge ? _edges : _services;

    private DateTimeOffset Due(FrontierReport report) => Due(report.Expiry);

    private DateTimeOffset Due(TimeSpan expiry)
    {
        LongestExpiry = expiry > LongestExpiry ? expiry : LongestExpiry;
        return clock.GetUtcNow() + expiry;
    }

    private sealed class Known(Guid connectionId, string serviceboundAddress, string edgeboundAddress, TimeSpan expiry, DateTimeOffset due)
    {
        public TimeSpan Expiry => expiry;

        public Guid ConnectionId => connectionId;

        public string ServiceboundAddress => serviceboundAddress;

        public string EdgeboundAddress => edgeboundAddress;

        public DateTimeOffset Due { get; set; } = due;
    }

    private sealed class Session(string frontierId, string address, string name, long since, TimeSpan expiry, DateTimeOffset due)
    {
        public TimeSpan Expiry => expiry;

        public string FrontierId => frontierId;

        public string Address => address;

        public string Name => name;

        public long Since => since;

        public DateTimeOffset Due { get; set; } = due;
    }
}

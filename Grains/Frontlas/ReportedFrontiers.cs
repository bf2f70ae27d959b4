namespace Frontier.Grains.Frontlas;

/// <summary>The state of <see cref="ReportedFrontiersGrain"/>: what is alive, and since when and how long still.</summary>
/// <param name="clock">The time.</param>
/// <param name="maxSessions">How many sessions are kept; further ones are not taken in, since a frontier's reports are not to be trusted with all memory.</param>
internal sealed class ReportedFrontiers(TimeProvider clock, int maxSessions)
{
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
            _frontiers[report.FrontierId] = new Known(report.ConnectionId, report.ServiceboundAddress, report.EdgeboundAddress, Due(report));
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

        RemoveWhere(_edges, session => session.Due <= now);
        RemoveWhere(_services, session => session.Due <= now);
    }

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

    private static void RemoveWhere(Dictionary<ulong, Session> sessions, Predicate<Session> isGone)
    {
        // A dictionary may be removed from while it is walked.
        foreach (var (id, session) in sessions)
        {
            if (isGone(session))
            {
                sessions.Remove(id);
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
                report.FrontierId, report.Address ?? "", report.Name ?? "", clock.GetUtcNow().ToUnixTimeSeconds(), Due(report));
        }
    }

    private void Drop(string frontierId)
    {
        _frontiers.Remove(frontierId);
        RemoveWhere(_edges, session => session.FrontierId == frontierId);
        RemoveWhere(_services, session => session.FrontierId == frontierId);
    }

    private Dictionary<ulong, Session> SessionsOf(SessionKind kind) => kind == SessionKind.Edge ? _edges : _services;

    private DateTimeOffset Due(FrontierReport report) => clock.GetUtcNow() + report.Expiry;

    private sealed class Known(Guid connectionId, string serviceboundAddress, string edgeboundAddress, DateTimeOffset due)
    {
        public Guid ConnectionId => connectionId;

        public string ServiceboundAddress => serviceboundAddress;

        public string EdgeboundAddress => edgeboundAddress;

        public DateTimeOffset Due { get; set; } = due;
    }

    private sealed class Session(string frontierId, string address, string name, long since, DateTimeOffset due)
    {
        public string FrontierId => frontierId;

        public string Address => address;

        public string Name => name;

        public long Since => since;

        public DateTimeOffset Due { get; set; } = due;
    }
}

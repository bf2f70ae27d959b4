namespace Frontier.Grains.Tests.Support;

/// <summary>A gateway without sockets: keeps sessions and talks to their grains in the order in which a real one does.</summary>
internal sealed class FakeGateway(string gatewayId) : ILocalConnections
{
    private readonly Lock _lock = new();
    private readonly List<FakeLink> _edges = [];
    private readonly List<FakeLink> _services = [];

    public string GatewayId => gatewayId;

    /// <summary>How this gateway's process reaches grains.</summary>
    public IGrainFactory Grains { get; set; } = null!;

    public SiloAddress Silo { get; set; } = null!;

    public EdgeRegistration EdgeRegistration => new(gatewayId, "10.0.0.1:5", new byte[] { 7 }, DateTimeOffset.UnixEpoch) { Silo = Silo };

    public ServiceRegistration ServiceRegistration => new(gatewayId, "10.0.0.2:6", "billing", DateTimeOffset.UnixEpoch) { Silo = Silo };

    // The oldest is the one that requests go to: a newer one takes its place when it had it closed.
    public IEdgeLink? FindEdge(ulong edgeId) => Find(_edges, edgeId);

    public IEdgeLink? FindEdge(ulong edgeId, long epoch) => Find(_edges, edgeId, epoch);

    public IServiceLink? FindService(ulong serviceId) => Find(_services, serviceId);

    public IServiceLink? FindService(ulong serviceId, long epoch) => Find(_services, serviceId, epoch);

    /// <summary>An edge connects and claims its id; its login is not over yet.</summary>
    public async Task<(SessionClaim Claim, FakeLink Link)> ConnectEdgeAsync(ulong edgeId)
    {
        var claim = await Grains.GetEdge(edgeId).ClaimAsync(EdgeRegistration, onlyIfOffline: false);
        return (claim, Add(_edges, edgeId, claim.Epoch));
    }

    /// <summary>An edge connects and its login succeeds, unless a newer session was faster: then the result is null.</summary>
    public async Task<FakeLink?> LogInEdgeAsync(ulong edgeId)
    {
        var (claim, link) = await ConnectEdgeAsync(edgeId);
        if (await Grains.GetEdge(edgeId).HoldUntilSettledAsync(EdgeRegistration, claim.Epoch))
        {
            return link;
        }

        await LogOutEdgeAsync(link);
        return null;
    }

    public ValueTask LogOutEdgeAsync(FakeLink link)
    {
        Forget(link);
        return Grains.GetEdge(link.Id).ReleaseAsync(link.Epoch);
    }

    public async Task<FakeLink> LogInServiceAsync(ulong serviceId)
    {
        var claim = await Grains.GetService(serviceId).ClaimAsync(ServiceRegistration);
        var link = Add(_services, serviceId, claim.Epoch);
        Assert.That(await Grains.GetService(serviceId).HoldUntilSettledAsync(ServiceRegistration, claim.Epoch), Is.True);
        return link;
    }

    public ValueTask LogOutServiceAsync(FakeLink link)
    {
        Forget(link);
        return Grains.GetService(link.Id).ReleaseAsync(link.Epoch);
    }

    /// <summary>The session is not found any more; its release is sent later, or never.</summary>
    public void Forget(FakeLink link)
    {
        lock (_lock)
        {
            _edges.Remove(link);
            _services.Remove(link);
        }
    }

    private FakeLink Add(List<FakeLink> links, ulong id, long epoch)
    {
        var link = new FakeLink(this, id, epoch);
        lock (_lock)
        {
            links.Add(link);
        }

        return link;
    }

    private FakeLink? Find(List<FakeLink> links, ulong id)
    {
        lock (_lock)
        {
            return links.Find(link => link.Id == id);
        }
    }

    private FakeLink? Find(List<FakeLink> links, ulong id, long epoch)
    {
        lock (_lock)
        {
            return links.Find(link => link.Id == id && link.Epoch == epoch);
        }
    }
}

namespace Frontier.GrainInterfaces;

/// <summary>Finds Frontier's grains by the keys users know. Ids are unsigned on the wire and signed as grain keys; the bits are the same.</summary>
public static class GrainFactoryExtensions
{
    private const string GatewayRole = "gateway";
    private const string SiloRole = "silo";

    /// <summary>The grain of an edge.</summary>
    /// <exception cref="RoleMissingException">No process of the cluster holds such grains.</exception>
    public static IEdgeGrain GetEdge(this IGrainFactory grains, ulong edgeId)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return Get<IEdgeGrain>(grains, unchecked((long)edgeId), GatewayRole);
    }

    /// <summary>The grain of the messages that wait for an edge.</summary>
    /// <exception cref="RoleMissingException">No process of the cluster holds such grains.</exception>
    public static IEdgeMailGrain GetEdgeMail(this IGrainFactory grains, ulong edgeId)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return Get<IEdgeMailGrain>(grains, unchecked((long)edgeId), SiloRole);
    }

    /// <summary>The grain of a service instance.</summary>
    /// <exception cref="RoleMissingException">No process of the cluster holds such grains.</exception>
    public static IServiceGrain GetService(this IGrainFactory grains, ulong serviceId)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return Get<IServiceGrain>(grains, unchecked((long)serviceId), GatewayRole);
    }

    /// <summary>The grain of a topic.</summary>
    /// <exception cref="RoleMissingException">No process of the cluster holds such grains.</exception>
    public static ITopicGrain GetTopic(this IGrainFactory grains, string topic)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return Find(() => grains.GetGrain<ITopicGrain>(topic), SiloRole);
    }

    /// <summary>The service catalog.</summary>
    /// <exception cref="RoleMissingException">No process of the cluster holds such grains.</exception>
    public static IServiceCatalogGrain GetServiceCatalog(this IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return Find(() => grains.GetGrain<IServiceCatalogGrain>(0), SiloRole);
    }

    /// <summary>What frontiers of the original have reported.</summary>
    /// <exception cref="RoleMissingException">No process of the cluster holds such grains.</exception>
    public static IReportedFrontiersGrain GetReportedFrontiers(this IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return Find(() => grains.GetGrain<IReportedFrontiersGrain>(0), SiloRole);
    }

    /// <summary>How the external queues are.</summary>
    /// <exception cref="RoleMissingException">No process of the cluster holds such grains.</exception>
    public static IQueueBoardGrain GetQueueBoard(this IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return Find(() => grains.GetGrain<IQueueBoardGrain>(0), SiloRole);
    }

    // Orleans looks up a grain's type by reflection at every GetGrain<T>: 5 % of what an edge's login and leaving cost. It is the same every time.
    private static TGrain Get<TGrain>(IGrainFactory grains, long key, string role)
        where TGrain : class, IGrainWithIntegerKey
    {
        if (Known<TGrain>.Types is not { } types)
        {
            var grain = FindFirst<TGrain>(grains, key, role);
            if (grain is GrainReference reference) // A test's own factory gives no references.
            {
                Known<TGrain>.Types = new GrainTypes(reference.GrainId.Type, reference.InterfaceType);
            }

            return grain;
        }

        return (TGrain)grains.GetGrain(GrainId.Create(types.Grain, GrainIdKeyExtensions.CreateIntegerKey(key)), types.Interface);
    }

    // Apart from the above, which would pay for the closure every time.
    private static TGrain FindFirst<TGrain>(IGrainFactory grains, long key, string role)
        where TGrain : class, IGrainWithIntegerKey => Find(() => grains.GetGrain<TGrain>(key), role);

    // That no process has a grain's class is an ArgumentException in Orleans, like a mistake of ours: nobody but this place may take it for the former.
    private static TGrain Find<TGrain>(Func<TGrain> find, string role)
    {
        try
        {
            return find();
        }
        catch (ArgumentException error) when (error.Message.StartsWith("Could not find an implementation for interface", StringComparison.Ordinal))
        {
            throw new RoleMissingException(role, error);
        }
    }

    private sealed record GrainTypes(GrainType Grain, GrainInterfaceType Interface);

    private static class Known<TGrain>
    {
        public static GrainTypes? Types { get; set; }
    }
}

namespace Frontier.GrainInterfaces;

/// <summary>Finds Frontier's grains by the keys users know. Ids are unsigned on the wire and signed as grain keys; the bits are the same.</summary>
public static class GrainFactoryExtensions
{
    /// <summary>The grain of an edge.</summary>
    public static IEdgeGrain GetEdge(this IGrainFactory grains, ulong edgeId)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return Get<IEdgeGrain>(grains, unchecked((long)edgeId));
    }

    /// <summary>The grain of the messages that wait for an edge.</summary>
    public static IEdgeMailGrain GetEdgeMail(this IGrainFactory grains, ulong edgeId)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return Get<IEdgeMailGrain>(grains, unchecked((long)edgeId));
    }

    /// <summary>The grain of a service instance.</summary>
    public static IServiceGrain GetService(this IGrainFactory grains, ulong serviceId)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return Get<IServiceGrain>(grains, unchecked((long)serviceId));
    }

    /// <summary>The grain of a topic.</summary>
    public static ITopicGrain GetTopic(this IGrainFactory grains, string topic)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return grains.GetGrain<ITopicGrain>(topic);
    }

    /// <summary>The service catalog.</summary>
    public static IServiceCatalogGrain GetServiceCatalog(this IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return grains.GetGrain<IServiceCatalogGrain>(0);
    }

    // Orleans looks up a grain's type by reflection at every GetGrain<T>: 5 % of what an edge's login and leaving cost. It is the same every time.
    private static TGrain Get<TGrain>(IGrainFactory grains, long key)
        where TGrain : class, IGrainWithIntegerKey
    {
        if (Known<TGrain>.Types is not { } types)
        {
            var grain = grains.GetGrain<TGrain>(key);
            if (grain is GrainReference reference) // A test's own factory gives no references.
            {
                Known<TGrain>.Types = new GrainTypes(reference.GrainId.Type, reference.InterfaceType);
            }

            return grain;
        }

        return (TGrain)grains.GetGrain(GrainId.Create(types.Grain, GrainIdKeyExtensions.CreateIntegerKey(key)), types.Interface);
    }

    private sealed record GrainTypes(GrainType Grain, GrainInterfaceType Interface);

    private static class Known<TGrain>
    {
        public static GrainTypes? Types { get; set; }
    }
}

namespace Frontier.GrainInterfaces;

/// <summary>Finds Frontier's grains by the keys users know. Ids are unsigned on the wire and signed as grain keys; the bits are the same.</summary>
public static class GrainFactoryExtensions
{
    /// <summary>The grain of an edge.</summary>
    public static IEdgeGrain GetEdge(this IGrainFactory grains, ulong edgeId)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return grains.GetGrain<IEdgeGrain>(unchecked((long)edgeId));
    }

    /// <summary>The grain of a service instance.</summary>
    public static IServiceGrain GetService(this IGrainFactory grains, ulong serviceId)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return grains.GetGrain<IServiceGrain>(unchecked((long)serviceId));
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
}

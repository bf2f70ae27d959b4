using Frontier.GrainInterfaces;

namespace Frontier.ControlPlane.Tests.Support;

/// <summary>What the grains know, to compare answers with.</summary>
internal static class GrainLookups
{
    public static Task<EdgeDescription?> GetEdgeAsync(this IGrainFactory grains, ulong id) => grains.GetEdge(id).DescribeAsync();

    public static Task<ServiceDescription?> GetServiceAsync(this IGrainFactory grains, ulong id) => grains.GetService(id).DescribeAsync();
}

using System.Net;

namespace Frontier.Cluster.Tests.Support;

/// <summary>Edges and services of the .NET SDK at a gateway of the cluster.</summary>
internal static class Peers
{
    /// <summary>An edge that is online.</summary>
    public static Task<FrontierEdge> ConnectEdgeAsync(this ClusterProcess gateway, ulong id = 0, byte[]? meta = null) =>
        FrontierEdge.ConnectAsync(new FrontierEdgeOptions { EndPoint = new IPEndPoint(gateway.Host.Address, gateway.EdgePort), Id = id, Meta = meta ?? [], Reconnect = null });

    /// <summary>A service that is online.</summary>
    public static Task<FrontierService> ConnectServiceAsync(this ClusterProcess gateway, string name = "", IReadOnlyList<string>? topics = null, ulong id = 0) =>
        FrontierService.ConnectAsync(new FrontierServiceOptions
        {
            EndPoint = new IPEndPoint(gateway.Host.Address, gateway.ServicePort),
            Name = name,
            Topics = topics ?? [],
            Id = id,
            Reconnect = null,
        });

    /// <summary>An edge that answers calls of <c>echo</c> with what it was sent.</summary>
    public static Task<FrontierEdge> ConnectEchoEdgeAsync(this ClusterProcess gateway, ulong id = 0, byte[]? meta = null) => FrontierEdge.ConnectAsync(new FrontierEdgeOptions
    {
        EndPoint = new IPEndPoint(gateway.Host.Address, gateway.EdgePort),
        Id = id,
        Reconnect = null,
        Meta = meta ?? [],
        Methods = new Dictionary<string, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>>>
        {
            ["echo"] = (request, _) => ValueTask.FromResult<CallResponse>(request.Payload),
        },
    });

    /// <summary>
    /// Calls an edge's <c>echo</c> through its grain. Gives up after a few seconds: the client may have chosen a process that stands still, and would
    /// wait for it as long as calls to edges may take.
    /// </summary>
    public static async Task EchoAsync(this IGrainFactory grains, ulong edgeId)
    {
        byte[] payload = [1, 2, 3];
        var answer = await grains.GetEdge(edgeId).CallAsync(new CallRequest("echo", payload)).WaitAsync(TimeSpan.FromSeconds(5));
        Assert.That(answer.Payload.ToArray(), Is.EqualTo(payload));
    }
}

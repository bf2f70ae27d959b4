using Frontier.Client;
using Frontier.EndToEnd.Tests.Contract;
using Frontier.EndToEnd.Tests.Support;

namespace Frontier.AcrossGateways.Tests;

/// <summary>The link between two gateways is lost while both, and their peers, live on.</summary>
public sealed class LostLinkTests
{
    [Test]
    public async Task A_lost_link_between_gateways_is_no_end_of_the_streams_through_it_at_either_end()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var service = await gateway.ConnectServiceAsync("linked");
        await using var edge = await gateway.ConnectEdgeAsync();
        var accepted = service.AcceptStreamsAsync().NextAsync();
        await using var near = await edge.OpenStreamAsync("linked").InTime();
        await using var far = await accepted.InTime();
        await near.WriteAsync("part"u8.ToArray()).InTime();
        await far.ReadExactlyAsync(new byte[4]).InTime();
        Task[] lost = [near.CopyToAsync(Stream.Null), far.CopyToAsync(Stream.Null), StreamAbortTests.WriteForEverAsync(near), StreamAbortTests.WriteForEverAsync(far)];

        gateway.CutLinks();

        foreach (var task in lost)
        {
            await StreamAbortTests.FailsAsync(StreamAbortReason.ConnectionLost, () => task);
        }

        Assert.That((service.IsConnected, edge.IsConnected), Is.EqualTo((true, true)));
        accepted = service.AcceptStreamsAsync().NextAsync();
        await using var next = await edge.OpenStreamAsync("linked").InTime();
        await using var there = await accepted.InTime();
        await next.WriteAsync("again"u8.ToArray()).InTime();
        await there.ReadExactlyAsync(new byte[5]).InTime();
    }
}

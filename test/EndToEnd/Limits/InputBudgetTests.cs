using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Limits;

/// <summary>Memory before login and of frames that never end is bounded for all peers together, and whoever behaves well is not the one who pays.</summary>
public sealed class InputBudgetTests
{
    private const int Budget = 2 << 20;

    private TestGateway _gateway = null!;
    private Bystanders _bystanders = null!;

    [SetUp]
    public async Task Start()
    {
        _gateway = await TestGateway.StartAsync(("limits:max_unparsed_bytes", $"{Budget}"), ("limits:handshake_timeout", "60s"));
        _bystanders = await Bystanders.StartAsync(_gateway);
    }

    [TearDown]
    public async Task Stop()
    {
        await _bystanders.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Test]
    public async Task Logins_that_never_end_cost_a_bounded_amount_of_memory()
    {
        await FloodAsync(61, async () =>
        {
            var peer = await RawPeer.ConnectAsync(_gateway.EdgePort);
            await peer.TrySendAsync(GoFrame.Encode((byte)FrameType.Conn, 1, new byte[90 << 10], length: 95 << 10));
            return peer;
        });
        await AllIsGivenBackAsync();
    }

    [Test]
    public async Task Half_frames_after_the_login_cost_a_bounded_amount_of_memory_and_the_largest_are_cut_first()
    {
        var small = await GoPeer.EdgeAsync(_gateway);
        await small.TrySendAsync(GoFrame.Encode((byte)FrameType.Message, 99, [1], length: 100));
        await FloodAsync(8, async () =>
        {
            var peer = await GoPeer.EdgeAsync(_gateway);
            await peer.TrySendAsync(GoFrame.Encode((byte)FrameType.Message, 99, new byte[400 << 10], length: 8 << 20));
            return peer;
        });
        Assert.That(small.IsEnded, Is.False);
        await small.DisposeAsync();
        await AllIsGivenBackAsync();
    }

    [Test]
    public async Task A_drip_of_half_frames_by_very_many_costs_a_bounded_amount_of_memory() => await FloodAsync(700, async () =>
    {
        var peer = await RawPeer.ConnectAsync(_gateway.EdgePort);
        await peer.SendAsync(GoFrame.Conn(1));
        await peer.TakeAsync(FrameType.ConnAck);
        await peer.TrySendAsync(GoFrame.Encode((byte)FrameType.Message, 99, [1], length: 100));
        return peer;
    });

    private async Task FloodAsync<TPeer>(int count, Func<Task<TPeer>> attack)
        where TPeer : RawPeer
    {
        var peers = new List<TPeer>();
        for (var i = 0; i < count; i++)
        {
            peers.Add(await attack());
        }

        await Eventually.HoldsAsync(() => peers.Exists(peer => peer.IsEnded), "somebody is cut");
        await Eventually.HoldsAsync(
            async () =>
            {
                var page = await _gateway.MetricsAsync();
                return page.Value("frontier_connections_closed_total", ("peer", "edge"), ("reason", "input_memory_exceeded")) > 0
                    && page.Value("frontier_input_unparsed_bytes") is > 0 and <= Budget;
            },
            "what is held is within the budget, and the reason is counted");
        Assert.That(peers.Count(peer => !peer.IsEnded), Is.GreaterThan(0), "no more are cut than need be");
        await _bystanders.GoOnAsync();
        foreach (var peer in peers)
        {
            await peer.DisposeAsync();
        }

    }

    private Task AllIsGivenBackAsync() =>
        Eventually.HoldsAsync(async () => (await _gateway.MetricsAsync()).Value("frontier_input_unparsed_bytes") == 0, "all of it is given back");
}

using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;
using Microsoft.Extensions.Logging;

namespace Frontier.EndToEnd.Tests.HostilePeers;

/// <summary>
/// A gateway with two bystanders on which each test lets one peer misbehave. Whatever it does, the bystanders go on; and when it costs the peer its
/// connection, <c>/metrics</c> counts that once under its reason, and the log says it in one line.
/// </summary>
/// <param name="side">Which listener the misbehaving peer is on.</param>
public abstract class HostilePeerFixture(PeerSide side)
{
    private const string SilentMethod = "asked-and-never-answered";

    private TestGateway _gateway = null!;
    private Bystanders _bystanders = null!;
    private GoPeer _counterpart = null!;

    private protected PeerSide Side => side;

    private protected TestGateway Gateway => _gateway;

    private protected Bystanders Bystanders => _bystanders;

    /// <summary>A well-behaved peer on the other listener, which asks the misbehaving one and is asked by it.</summary>
    private protected GoPeer Counterpart => _counterpart;

    private protected virtual (string Key, string Value)[] Settings => [];

    [OneTimeSetUp]
    public async Task Start()
    {
        _gateway = await TestGateway.StartAsync(Settings);
        _bystanders = await Bystanders.StartAsync(_gateway);
        _counterpart = side == PeerSide.Edge ? await GoPeer.ServiceAsync(_gateway, "counterpart") : await GoPeer.EdgeAsync(_gateway);
        await _counterpart.ServeAsync(SilentMethod, _ => null);
        await _counterpart.ServeEchoAsync("echo");
        await OnStartedAsync();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await OnStoppingAsync();
        await _counterpart.DisposeAsync();
        await _bystanders.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    private protected virtual Task OnStartedAsync() => Task.CompletedTask;

    private protected virtual Task OnStoppingAsync() => Task.CompletedTask;

    /// <summary>A peer that is logged in and serves nothing.</summary>
    private protected Task<GoPeer> LogInAsync(int receiveBufferBytes = 0, byte heartbeatCode = 1) => side == PeerSide.Edge
        ? GoPeer.EdgeAsync(_gateway, receiveBufferBytes: receiveBufferBytes, heartbeatCode: heartbeatCode)
        : GoPeer.ServiceAsync(_gateway, "hostile", receiveBufferBytes: receiveBufferBytes, heartbeatCode: heartbeatCode);

    /// <summary>What a peer puts into <c>custom</c> so that the counterpart is asked.</summary>
    private protected byte[] ToCounterpart => side == PeerSide.Edge ? [] : GoFrame.Id(_counterpart.Id);

    /// <summary>The name of a method that the counterpart serves without ever answering.</summary>
    private protected static string NeverAnswered => SilentMethod;

    /// <summary>A peer logs in, does what it should not, and loses its connection for that.</summary>
    private protected Task LosesConnectionAsync(string reason, Func<GoPeer, Task> misbehave) => LosesConnectionAsync(reason, () => LogInAsync(), misbehave);

    /// <summary>A peer connects, does what it should not instead of logging in, and loses its connection for that.</summary>
    private protected Task LosesConnectionBeforeLoginAsync(string reason, Func<GoPeer, Task> misbehave) =>
        LosesConnectionAsync(reason, () => GoPeer.DialAsync(_gateway, side), misbehave);

    /// <summary>A peer does what it should not and loses its connection for that, and nobody else notices.</summary>
    private protected async Task LosesConnectionAsync(string reason, Func<Task<GoPeer>> connect, Func<GoPeer, Task> misbehave)
    {
        var before = await _gateway.MetricsAsync();
        var lines = _gateway.Log.Lines.Count;
        await using var peer = await connect();
        await misbehave(peer);
        await peer.EndedAsync();
        await _bystanders.GoOnAsync();
        await EndedOnceAsync(before, lines, reason);
    }

    /// <summary>Since a moment, exactly one connection ended, for this reason, and the log has one line about it.</summary>
    private protected async Task EndedOnceAsync(MetricsPage before, int linesBefore, string reason)
    {
        var label = side == PeerSide.Edge ? "edge" : "service";
        await Eventually.HoldsAsync(async () => EndedSince(before, await _gateway.MetricsAsync()) > 0, "a connection is counted as ended");
        var now = await _gateway.MetricsAsync();
        var lines = _gateway.Log.Lines.Skip(linesBefore)
            .Where(line => line.Level >= LogLevel.Information && line.Category.EndsWith("ConnectionHandler", StringComparison.Ordinal))
            .ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                now.Value("frontier_connections_closed_total", ("peer", label), ("reason", reason)) - before.Value("frontier_connections_closed_total", ("peer", label), ("reason", reason)),
                Is.EqualTo(1),
                $"ended as {reason}; the log has: {string.Join('\n', lines)}");
            Assert.That(EndedSince(before, now), Is.EqualTo(1));
            Assert.That(lines, Has.Count.EqualTo(1));
            Assert.That(lines[0].Text, Does.Contain(reason).And.Not.Contain('\n'));
            Assert.That(_gateway.Log.Errors, Is.Empty);
        }
    }

    /// <summary>Lets the counterpart ask a logged-in peer for something; gives the frame that the peer has to answer with a frame of a type.</summary>
    /// <returns>The question as it reaches the peer, and the counterpart's answer when it comes.</returns>
    private protected async Task<(GoFrame Question, Task<GoFrame> Outcome)> AskAsync(GoPeer peer, FrameType answerType)
    {
        var custom = side == PeerSide.Edge ? GoFrame.Id(peer.Id) : [];
        switch (answerType)
        {
            case FrameType.Response:
                var method = $"hostile-{peer.Id}";
                await peer.ServeAsync(method, _ => null);
                var call = _counterpart.CallAsync(method, "?"u8.ToArray(), custom);
                return (await peer.TakeAsync(FrameType.Request), call);
            case FrameType.MessageAck:
                var message = _counterpart.PublishAsync(side == PeerSide.Edge ? "" : HostileTopic, "?"u8.ToArray(), custom);
                return (await peer.TakeAsync(FrameType.Message), message);
            default:
                var stream = _counterpart.OpenStreamAsync(side == PeerSide.Edge ? $"{peer.Id}" : "hostile");
                return (await peer.TakeAsync(FrameType.Session), stream);
        }
    }

    /// <summary>A topic that a misbehaving service may take.</summary>
    private protected static string HostileTopic => "hostile-topic";

    private static double EndedSince(MetricsPage before, MetricsPage now) =>
        now.Value("frontier_connections_closed_total") - before.Value("frontier_connections_closed_total");
}

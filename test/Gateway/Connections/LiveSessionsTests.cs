using Frontier.Gateway.Tests.Support;

namespace Frontier.Gateway.Tests.Connections;

/// <summary>A shutdown waits for the last session of each kind, and is told when it has ended.</summary>
[TestFixture]
internal sealed class LiveSessionsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Test]
    public async Task Each_kind_is_waited_for_by_itself()
    {
        await using var gateway = await SoloGateway.StartAsync();
        var sessions = gateway.Core.Sessions;
        await sessions.WhenEmptyAsync(CancellationToken.None);
        gateway.ConnectService();
        gateway.ConnectEdge();
        gateway.ConnectEdge();
        Assert.That((sessions.CountOf(PeerKind.Edge), sessions.CountOf(PeerKind.Service), sessions.Count), Is.EqualTo((2, 1, 3)));
        var (edges, all) = (sessions.WhenEmptyAsync(PeerKind.Edge, CancellationToken.None), sessions.WhenEmptyAsync(CancellationToken.None));

        Close(sessions.All.First(session => session.Kind == PeerKind.Edge));
        Assert.That(() => sessions.CountOf(PeerKind.Edge), Is.EqualTo(1).After(30_000, 10));
        Assert.That(edges.IsCompleted, Is.False);
        Close(sessions.All.Single(session => session.Kind == PeerKind.Edge));
        await edges.WaitAsync(Patience);

        Assert.That(all.IsCompleted, Is.False, "a service is left");
        Close(sessions.All.Single());
        await all.WaitAsync(Patience);
    }

    [Test]
    public async Task Who_loses_patience_is_let_go()
    {
        await using var gateway = await SoloGateway.StartAsync();
        gateway.ConnectEdge();
        using var patience = new CancellationTokenSource();
        var waiting = gateway.Core.Sessions.WhenEmptyAsync(patience.Token);

        await patience.CancelAsync();

        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
    }

    private static void Close(PeerSession session) => session.Abort(Protocol.DisconnectReason.ShuttingDown);
}

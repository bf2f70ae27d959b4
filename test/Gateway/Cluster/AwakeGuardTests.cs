using Frontier.Gateway.Tests.Support;

namespace Frontier.Gateway.Tests.Cluster;

/// <summary>A process that stood still handles nothing before the cluster has confirmed that it is still a member.</summary>
public class AwakeGuardTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Test]
    public async Task A_gateway_that_wakes_passes_nothing_on_before_the_cluster_has_confirmed_it()
    {
        var standing = new Standing();
        await using var gateway = await SoloGateway.StartAsync(standing: standing);
        var service = gateway.ConnectService("topic");
        var edge = gateway.ConnectEdge();

        gateway.Clock.Skip(AwakeGuard.Limit * 2);
        var message = edge.Publish(["topic"])[0];
        await standing.Asked.Task.WaitAsync(Patience);
        Assert.That(gateway.Core.Awake.Check(), Is.Not.Null, "nobody handles anything");
        Assert.That(service.Received, Is.Empty);

        standing.Confirm.SetResult();
        service.Receive(1);
        Assert.That(edge.AnswerTo(message), Is.Empty);
        Assert.That(gateway.Core.Awake.Check(), Is.Null);
    }

    [Test]
    public async Task What_waited_longer_than_its_deadline_is_not_passed_on_after_waking()
    {
        var standing = new Standing();
        await using var gateway = await SoloGateway.StartAsync(standing: standing);
        var service = gateway.ConnectService("topic");
        var edge = gateway.ConnectEdge();

        gateway.Clock.Skip(AwakeGuard.Limit * 2);
        var late = edge.Publish(["topic"], TimeSpan.FromMilliseconds(1))[0];
        var due = Environment.TickCount64 + 1200; // What packet ids cannot tell is less than a second.
        Assert.That(SpinWait.SpinUntil(() => Environment.TickCount64 > due, Patience));
        standing.Confirm.SetResult();
        Assert.That(edge.AnswerTo(late), Is.EqualTo(FrontierErrorText.Timeout));
        Assert.That(service.Received, Is.Empty);
    }

    [Test]
    public async Task A_process_that_never_stood_still_asks_nobody()
    {
        var standing = new Standing();
        await using var gateway = await SoloGateway.StartAsync(standing: standing);
        gateway.Clock.Skip(AwakeGuard.Limit / 2);
        Assert.That(gateway.Core.Awake.Check(), Is.Null);
        Assert.That(standing.Asked.Task.IsCompleted, Is.False);
    }

    private sealed class Standing : IClusterStanding
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Confirm { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsDead(SiloAddress silo) => false;

        public Task ConfirmAsync(CancellationToken cancellationToken)
        {
            Asked.TrySetResult();
            return Confirm.Task.WaitAsync(cancellationToken);
        }
    }
}

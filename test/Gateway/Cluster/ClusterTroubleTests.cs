using Frontier.GrainInterfaces;

namespace Frontier.Gateway.Tests.Cluster;

/// <summary>Calls of grains while processes come and go.</summary>
[TestFixture]
internal sealed class ClusterTroubleTests
{
    private static readonly Exception[] Passing =
    [
        new SiloUnavailableException(), new TimeoutException(), new RoleMissingException("silo", new ArgumentException("Could not find an implementation")),
    ];

    [TestCaseSource(nameof(Passing))]
    public async Task Call_is_made_again_until_the_trouble_has_passed(Exception trouble)
    {
        var calls = 0;

        var result = await ClusterTrouble.RetryAsync(
            () => ++calls switch
            {
                1 => throw trouble,
                2 => ValueTask.FromException<int>(trouble),
                _ => ValueTask.FromResult(7),
            },
            default);

        Assert.That((result, calls), Is.EqualTo((7, 3)));
    }

    [Test]
    public void Trouble_that_does_not_pass_ends_with_the_time_there_is()
    {
        using var time = new CancellationTokenSource();
        Assert.That(
            async () => await ClusterTrouble.RetryAsync<int>(
                () =>
                {
                    time.Cancel();
                    throw new SiloUnavailableException();
                },
                time.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Call_that_hangs_ends_with_the_time_there_is()
    {
        using var time = new CancellationTokenSource();
        var call = ClusterTrouble.RetryAsync(() => new ValueTask<int>(new TaskCompletionSource<int>().Task), time.Token).AsTask();
        time.Cancel();
        Assert.That(async () => await call, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void What_the_grain_itself_says_is_not_asked_twice()
    {
        var calls = 0;
        Assert.That(
            async () => await ClusterTrouble.RetryAsync<int>(
                () =>
                {
                    calls++;
                    throw new FrontierException(FrontierErrorCode.EdgeNotOnline);
                },
                default),
            Throws.InstanceOf<FrontierException>());
        Assert.That(calls, Is.EqualTo(1));
    }

    [Test]
    public void Mistake_of_ours_is_not_taken_for_trouble_of_the_cluster()
    {
        var calls = 0;
        Assert.That(
            async () => await ClusterTrouble.RetryAsync<int>(
                () =>
                {
                    calls++;
                    throw new ArgumentException("Could not be right", nameof(calls));
                },
                default),
            Throws.ArgumentException);
        Assert.That(calls, Is.EqualTo(1));
    }
}

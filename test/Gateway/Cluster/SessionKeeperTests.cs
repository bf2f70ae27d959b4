using Frontier.GrainInterfaces;
using Microsoft.Extensions.Logging.Abstractions;

namespace Frontier.Gateway.Tests.Cluster;

/// <summary>What becomes of live sessions when they are asserted once more.</summary>
[TestFixture]
internal sealed class SessionKeeperTests
{
    private static readonly SessionKeeper Keeper = new(new EdgeTable(), null!, NullLogger<SessionKeeper>.Instance);

    [Test]
    public async Task Session_that_is_superseded_is_closed_and_the_others_are_not()
    {
        var (held, superseded) = (new Session(), new Session { OnAssert = () => Task.FromResult(false) });

        Assert.That(await Keeper.AssertAsync([held, superseded], default), Is.True);

        Assert.That(held.Closes, Is.Empty);
        Assert.That(superseded.Closes, Is.EqualTo(new[] { SessionCloseReason.Superseded }));
    }

    [Test]
    public async Task Session_that_cannot_be_asked_for_stays_and_is_to_be_asked_for_again()
    {
        var unlucky = new Session { OnAssert = () => throw new SiloUnavailableException() };

        Assert.That(await Keeper.AssertAsync([unlucky, new Session()], default), Is.False);

        Assert.That(unlucky.Closes, Is.Empty);
    }

    [Test]
    public async Task Session_that_is_still_logging_in_is_left_alone()
    {
        var early = new Session { IsSettled = false, OnAssert = () => throw new InvalidOperationException("it must not claim what it does not have") };

        Assert.That(await Keeper.AssertAsync([early], default), Is.True);
    }

    [Test]
    public async Task Many_sessions_are_asserted_a_batch_at_a_time()
    {
        var (running, most) = (0, 0);
        var sessions = Enumerable.Range(0, 1000).Select(_ => new Session
        {
            OnAssert = async () =>
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                await Task.Yield();
                Interlocked.Decrement(ref running);
                return true;
            },
        }).ToArray();

        await Keeper.AssertAsync(sessions, default);

        Assert.That(sessions.Select(session => session.Asserted), Is.All.EqualTo(1));
        Assert.That(most, Is.LessThanOrEqualTo(SessionKeeper.Batch));
    }

    private sealed class Session : IHeldSession
    {
        public bool IsSettled { get; init; } = true;

        public long Epoch => 1;

        public int Asserted { get; private set; }

        public List<SessionCloseReason> Closes { get; } = [];

        public Func<Task<bool>> OnAssert { get; init; } = () => Task.FromResult(true);

        public Task<bool> AssertAsync(CancellationToken cancellationToken)
        {
            Asserted++;
            return OnAssert();
        }

        public void Close(SessionCloseReason reason) => Closes.Add(reason);

        public Task<CallResult> CallAsync(CallRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task PublishAsync(MessageRequest message, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}

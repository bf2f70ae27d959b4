using Frontier.Grains.Sessions;
using Frontier.Grains.Tests.Support;

namespace Frontier.Grains.Tests.Sessions;

/// <summary>What becomes of calls in flight when their session ends.</summary>
[TestFixture]
internal sealed class SessionCallsTests
{
    private readonly SessionCalls _calls = new();

    [Test]
    public async Task Result_comes_through()
    {
        var operation = new TaskCompletionSource<int>();
        var waiting = _calls.WaitAsync(1, operation.Task);

        operation.SetResult(42);

        Assert.That(await waiting.InTime(), Is.EqualTo(42));
    }

    [Test]
    public async Task Error_comes_through()
    {
        var operation = new TaskCompletionSource();
        var waiting = _calls.WaitAsync(1, operation.Task);

        operation.SetException(new FrontierException(FrontierErrorCode.SlowConsumer));

        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => waiting.InTime()))!.Code, Is.EqualTo(FrontierErrorCode.SlowConsumer));
    }

    [Test]
    public async Task Call_fails_when_its_session_ends()
    {
        var waiting = _calls.WaitAsync(1, new TaskCompletionSource<int>().Task);

        _calls.End(1);

        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => waiting.InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
    }

    [Test]
    public async Task Call_goes_on_when_another_session_ends()
    {
        var operation = new TaskCompletionSource<int>();
        var waiting = _calls.WaitAsync(2, operation.Task);

        _calls.End(1);
        operation.SetResult(42);

        Assert.That(await waiting.InTime(), Is.EqualTo(42));
    }

    [Test]
    public async Task Answer_that_came_before_the_end_counts()
    {
        var operation = new TaskCompletionSource<int>();
        operation.SetResult(42);
        var waiting = _calls.WaitAsync(1, operation.Task);

        _calls.End(1);

        Assert.That(await waiting.InTime(), Is.EqualTo(42));
    }
}

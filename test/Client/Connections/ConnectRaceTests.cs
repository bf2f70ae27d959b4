using System.Net;

namespace Frontier.Client.Tests;

public sealed class ConnectRaceTests
{
    private static readonly EndPoint[] Three = [new DnsEndPoint("a", 1), new DnsEndPoint("b", 1), new DnsEndPoint("c", 1)];

    private readonly Dictionary<EndPoint, TaskCompletionSource<Transport>> _attempts = Three.ToDictionary(
        endPoint => endPoint, _ => new TaskCompletionSource<Transport>(TaskCreationOptions.RunContinuationsAsynchronously));

    private readonly List<EndPoint> _begun = [];

    [SetUp]
    public void Reset()
    {
        _begun.Clear();
        foreach (var endPoint in Three)
        {
            _attempts[endPoint] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    [Test]
    public async Task An_address_that_swallows_everything_costs_a_moment_and_not_the_time_limit()
    {
        var left = Three.ToList();
        var race = RunAsync(left, TimeSpan.FromMilliseconds(1));
        await Soon.UntilAsync(() => _begun.Count == 3, "all three are being tried");
        var won = new Transport();
        _attempts[Three[1]].SetResult(won);
        Assert.That(await race.InTime(), Is.SameAs(won));
        Assert.That(left, Is.EqualTo(new[] { Three[0], Three[2] }), "what may be tried after this one refuses the login");
        var late = new Transport();
        _attempts[Three[0]].SetResult(late);
        await Soon.UntilAsync(() => late.IsDisposed, "who comes too late is closed");
        Assert.That(won.IsDisposed, Is.False);
    }

    [Test]
    public async Task An_address_that_refuses_is_followed_by_the_next_at_once()
    {
        var left = Three.ToList();
        _attempts[Three[0]].SetException(Failed());
        _attempts[Three[1]].SetResult(new Transport());
        await RunAsync(left, Timeout.InfiniteTimeSpan).InTime();
        Assert.That((_begun, left), Is.EqualTo((new List<EndPoint> { Three[0], Three[1] }, new List<EndPoint> { Three[2] })));
    }

    [Test]
    public async Task When_all_refuse_the_last_ones_reason_is_told()
    {
        var left = Three.ToList();
        foreach (var attempt in _attempts.Values)
        {
            attempt.SetException(Failed());
        }

        var error = await Assert.ThrowsAsync<FrontierException>(() => RunAsync(left, Timeout.InfiniteTimeSpan).InTime());
        Assert.That((error!.Message, left), Is.EqualTo(("refused", new List<EndPoint>())));
    }

    [Test]
    public async Task Who_does_not_listen_to_the_token_does_not_hold_up_giving_up()
    {
        var left = Three.ToList();
        using var giveUp = new CancellationTokenSource();
        var race = RunAsync(left, Timeout.InfiniteTimeSpan, giveUp.Token);
        giveUp.Cancel();
        await Assert.CatchAsync<OperationCanceledException>(() => race.InTime());
        Assert.That(left, Is.EqualTo(Three[1..]), "the others have had no time yet");
    }

    private static FrontierException Failed() => new(FrontierErrorCode.ConnectionLost, "refused");

    private Task<Transport> RunAsync(List<EndPoint> endPoints, TimeSpan delay, CancellationToken cancellationToken = default) => ConnectRace.RunAsync(
        endPoints,
        (endPoint, _) =>
        {
            _begun.Add(endPoint);
            return _attempts[endPoint].Task;
        },
        delay,
        cancellationToken);

    private sealed class Transport : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}

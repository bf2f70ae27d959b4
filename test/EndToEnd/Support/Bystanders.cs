namespace Frontier.EndToEnd.Tests.Support;

/// <summary>
/// A well-behaved edge and a well-behaved service that call each other through the same gateway all the time, one call after the other each, whatever
/// else goes on there.
/// </summary>
internal sealed class Bystanders : IAsyncDisposable
{
    private const string Method = "bystander-echo";

    private readonly GoPeer _edge;
    private readonly GoPeer _service;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _edgeCalls;
    private readonly Task _serviceCalls;
    private long _byEdge;
    private long _byService;

    private Bystanders(GoPeer edge, GoPeer service)
    {
        _edge = edge;
        _service = service;
        _edgeCalls = CallAsync(edge, [], () => Interlocked.Increment(ref _byEdge));
        _serviceCalls = CallAsync(service, GoFrame.Id(edge.Id), () => Interlocked.Increment(ref _byService));
    }

    public static async Task<Bystanders> StartAsync(TestGateway gateway)
    {
        var service = await GoPeer.ServiceAsync(gateway, "bystander");
        var edge = await GoPeer.EdgeAsync(gateway);
        await service.ServeEchoAsync(Method);
        await edge.ServeEchoAsync(Method);
        return new Bystanders(edge, service);
    }

    /// <summary>Completes when both have called and been answered a few times more.</summary>
    public async Task GoOnAsync()
    {
        const int Calls = 3;
        var (byEdge, byService) = (Interlocked.Read(ref _byEdge), Interlocked.Read(ref _byService));
        await Eventually.HoldsAsync(
            () => _edgeCalls.IsCompleted || _serviceCalls.IsCompleted
                || (Interlocked.Read(ref _byEdge) >= byEdge + Calls && Interlocked.Read(ref _byService) >= byService + Calls),
            "the bystanders go on calling");
        if (_edgeCalls.IsCompleted || _serviceCalls.IsCompleted)
        {
            await Task.WhenAny(_edgeCalls, _serviceCalls).Unwrap(); // Throws what went wrong.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_edgeCalls, _serviceCalls);
        await _edge.DisposeAsync();
        await _service.DisposeAsync();
        _stop.Dispose();
    }

    private async Task CallAsync(GoPeer caller, byte[] custom, Action count)
    {
        for (var i = 0UL; !_stop.IsCancellationRequested; i++)
        {
            var answer = await caller.CallAsync(Method, GoFrame.Id(i), custom);
            Assert.That(answer.Error, Is.Empty);
            Assert.That(answer.Payload, Is.EqualTo(GoFrame.Id(i)));
            count();
            await Task.Delay(1); // They are to be there, not to load the machine.
        }
    }
}

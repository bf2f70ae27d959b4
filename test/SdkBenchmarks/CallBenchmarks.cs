using BenchmarkDotNet.Attributes;
using Frontier.Client;

namespace Frontier.SdkBenchmarks;

/// <summary>
/// Calls of 128 bytes over one connection, answered with the same. The gateway and the end that answers are another process, so the bytes are the
/// caller's alone; the time is of all of them. Calls per second are a thousand million through the mean.
/// </summary>
public class CallBenchmarks
{
    private const int Operations = 4096;

    private readonly byte[] _payload = new byte[128];
    private FarEndProcess? _far;
    private FrontierService? _service;
    private FrontierEdge? _edge;

    /// <summary>How many calls are under way at once.</summary>
    [Params(1, 64)]
    public int Concurrent { get; set; }

    [GlobalSetup]
    public async Task SetUp()
    {
        _far = await FarEndProcess.StartAsync();
        _service = await FrontierService.ConnectAsync(new FrontierServiceOptions { EndPoint = _far.Servicebound });
        _edge = await FrontierEdge.ConnectAsync(new FrontierEdgeOptions { EndPoint = _far.Edgebound });
    }

    [GlobalCleanup]
    public async Task CleanUp()
    {
        await _edge!.DisposeAsync();
        await _service!.DisposeAsync();
        await _far!.DisposeAsync();
    }

    /// <summary>An edge calls a service's method.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public Task EdgeCallsService() => AllAsync(() => _edge!.CallAsync(FarEnd.Method, _payload));

    /// <summary>A service calls an edge's method.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public Task ServiceCallsEdge() => AllAsync(() => _service!.CallAsync(_far!.EdgeId, FarEnd.Method, _payload));

    private Task AllAsync(Func<ValueTask<CallResponse>> call) => Task.WhenAll(Enumerable.Range(0, Concurrent).Select(_ => InTurnAsync(call, Operations / Concurrent)));

    private static async Task InTurnAsync(Func<ValueTask<CallResponse>> call, int calls)
    {
        for (var i = 0; i < calls; i++)
        {
            await call();
        }
    }
}

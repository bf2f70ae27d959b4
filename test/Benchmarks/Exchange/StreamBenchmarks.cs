using BenchmarkDotNet.Attributes;

namespace Frontier.Benchmarks;

/// <summary>Raw bytes of a stream, edge → service, through the real sessions.</summary>
public class StreamBenchmarks
{
    private const int Operations = 64;

    private GatewayExchange? _exchange;

    /// <summary>Bytes in one frame.</summary>
    [Params(128, 16 * 1024)]
    public int PayloadBytes { get; set; }

    [GlobalSetup]
    public void SetUp() => _exchange = new GatewayExchange(PayloadBytes);

    [GlobalCleanup]
    public async Task CleanUp() => await _exchange!.DisposeAsync();

    /// <summary>One frame.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public void Forward() => _exchange!.Stream(Operations);
}

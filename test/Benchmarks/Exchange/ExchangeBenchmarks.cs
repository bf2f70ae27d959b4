using BenchmarkDotNet.Attributes;

namespace Frontier.Benchmarks;

/// <summary>One forwarded call, message or stream frame through the real sessions, without sockets: what the gateway itself costs.</summary>
public class ExchangeBenchmarks
{
    private const int Operations = 64;

    private GatewayExchange? _exchange;

    // Made once: a delegate for each run would be counted as the gateway's allocation.
    private Action<int> _call = _ => { };
    private Action<int> _callToEdge = _ => { };
    private Action<int> _publish = _ => { };

    [Params(128, 16 * 1024)]
    public int PayloadBytes { get; set; }

    /// <summary>How many are sent before the first is answered.</summary>
    [Params(1, 64)]
    public int InFlight { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _exchange = new GatewayExchange(PayloadBytes);
        (_call, _callToEdge, _publish) = (_exchange.Call, _exchange.CallToEdge, _exchange.Publish);
    }

    [GlobalCleanup]
    public async Task CleanUp() => await _exchange!.DisposeAsync();

    /// <summary>Edge → service → edge: four frames of the gateway's work, two in and two out.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public void Call() => Repeat(_call);

    /// <summary>Service → edge → service.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public void CallToEdge() => Repeat(_callToEdge);

    /// <summary>A message to a topic, and its acknowledgement.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public void Publish() => Repeat(_publish);

    private void Repeat(Action<int> run)
    {
        for (var done = 0; done < Operations; done += InFlight)
        {
            run(InFlight);
        }
    }
}

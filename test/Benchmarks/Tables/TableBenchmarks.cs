using BenchmarkDotNet.Attributes;
using Frontier.Gateway;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.Benchmarks;

/// <summary>What is looked up, filed or counted for every frame.</summary>
public class TableBenchmarks
{
    private const int InFlight = 64;
    private const ulong FirstId = 0x6b03_993b_0000_0002;

    private readonly Nobody _sink = new();
    private readonly StripedCounter _counter = new();
    private readonly byte[][] _methods = new byte[InFlight][];
    private readonly byte[][] _topics = new byte[InFlight][];
    private PendingTable _pending;
    private InFlightTable _inFlight;
    private ServiceDirectory _directory = ServiceDirectory.Empty;
    private ulong _nextId = FirstId;

    [GlobalSetup]
    public void SetUp()
    {
        // A hundred services of which each has ten methods and two topics, four instances to each.
        _directory = new ServiceDirectory(Enumerable.Range(0, 400).Select(instance => (
            new CatalogEntry(
                (ulong)instance + 1,
                1,
                "gateway",
                $"service-{instance % 100}",
                [.. Enumerable.Range(0, 10).Select(method => $"service-{instance % 100}.method-{method}")],
                [.. Enumerable.Range(0, 2).Select(topic => $"service-{instance % 100}/topic-{topic}")]),
            (ServiceSession?)null)));
        for (var i = 0; i < InFlight; i++)
        {
            _methods[i] = Base64Text.Encode(System.Text.Encoding.UTF8.GetBytes($"service-{i}.method-{i % 10}"));
            _topics[i] = System.Text.Encoding.UTF8.GetBytes($"service-{i}/topic-{i % 2}");
        }
    }

    /// <summary>Files an awaited answer and takes it out again, with 64 in flight.</summary>
    [Benchmark(OperationsPerInvoke = InFlight)]
    public int Pending()
    {
        for (var i = 0; i < InFlight; i++)
        {
            _pending.Grow();
            _pending.Add(new PendingReply { PacketId = _nextId + (ulong)(2 * i), Sink = _sink, Type = FrameType.Request });
        }

        var taken = 0;
        for (var i = 0; i < InFlight; i++)
        {
            taken += _pending.TryTake(_nextId + (ulong)(2 * i), FrameType.Request, out _) ? 1 : 0;
        }

        _nextId += 2 * InFlight;
        return taken == InFlight ? taken : throw new InvalidOperationException("an awaited answer was lost");
    }

    /// <summary>Files a peer's packet id and takes it out again, with 64 in flight.</summary>
    [Benchmark(OperationsPerInvoke = InFlight)]
    public int Unanswered()
    {
        for (var i = 0; i < InFlight; i++)
        {
            _inFlight.TryAdd(_nextId + (ulong)(2 * i), null);
        }

        var taken = 0;
        for (var i = 0; i < InFlight; i++)
        {
            taken += _inFlight.TryRemove(_nextId + (ulong)(2 * i)) ? 1 : 0;
        }

        _nextId += 2 * InFlight;
        return taken == InFlight ? taken : throw new InvalidOperationException("a packet id was lost");
    }

    /// <summary>Finds the service for a call, among a thousand methods.</summary>
    [Benchmark(OperationsPerInvoke = InFlight)]
    public int FindMethod()
    {
        var instances = 0;
        foreach (var method in _methods)
        {
            instances += _directory.FindMethod(method)!.Instances.Length;
        }

        return instances;
    }

    /// <summary>Finds the service for a message, among two hundred topics.</summary>
    [Benchmark(OperationsPerInvoke = InFlight)]
    public int FindTopic()
    {
        var instances = 0;
        foreach (var topic in _topics)
        {
            instances += _directory.FindTopic(topic)!.Instances.Length;
        }

        return instances;
    }

    /// <summary>Counts something.</summary>
    [Benchmark(OperationsPerInvoke = InFlight)]
    public void Count()
    {
        for (var i = 0; i < InFlight; i++)
        {
            _counter.Add();
        }
    }

    private sealed class Nobody : IReplySink
    {
        public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
        {
        }

        public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss)
        {
        }
    }
}

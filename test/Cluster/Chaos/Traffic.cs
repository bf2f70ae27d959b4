using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using Frontier.Cluster.Tests.Support;
using StackExchange.Redis;

namespace Frontier.Cluster.Tests.Chaos;

/// <summary>
/// Traffic of every kind through two gateways at once, counted: calls, messages of a topic that is kept, messages for a queue, streams, and messages that wait
/// for an edge that is away. The service begins on the first gateway and the edge on the second; either goes to the other when its own is gone.
/// </summary>
internal sealed class Traffic : IAsyncDisposable
{
    /// <summary>The configuration that all of it needs.</summary>
    public static (string Key, string Value)[] Keys(RedisProcess queue) =>
    [
        ("topics:retain:0:topic", KeptTopic), ("topics:retain:0:lifetime", "10m"), ("edges:retain", "true"), ("daemon:drain_timeout", "5s"),
        ("mqm:redis:enable", "true"), ("mqm:redis:addrs:0", queue.ConnectionString), ("mqm:redis:producer:streams:0", QueueTopic),
    ];

    private const string KeptTopic = "kept";
    private const string QueueTopic = "audit";
    private const string ServiceName = "chaos";
    private const ulong AbsentEdge = 7001;
    private const int BlockBytes = 1024;

    private static readonly TimeSpan CallTime = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _over = new();
    private readonly IReadOnlyList<ClusterProcess> _gateways;
    private readonly RedisProcess _queue;
    private readonly FrontierEdge _edge;
    private readonly FrontierService _service;
    private readonly List<Task> _running = [];
    private readonly Task _accepting;
    private int _brokenStreams;
    private int _silentEnds;
    private int _streamErrors;

    private Traffic(IReadOnlyList<ClusterProcess> gateways, RedisProcess queue, FrontierEdge edge, FrontierService service)
    {
        (_gateways, _queue, _edge, _service) = (gateways, queue, edge, service);
        _accepting = Task.Run(AcceptStreamsAsync);
    }

    public Tally Calls { get; } = new("calls");

    public Tally Kept { get; } = new("kept");

    public Tally Queued { get; } = new("queue");

    public Tally Mail { get; } = new("mail");

    public Tally Streams { get; } = new("streams");

    public IReadOnlyList<Tally> All => [Calls, Kept, Queued, Mail, Streams];

    /// <summary>Streams whose reader saw a clean end though their writer had not said that it was done.</summary>
    public int SilentEnds => _silentEnds;

    /// <summary>Streams whose reader got bytes in another order than they were written in, or with some missing.</summary>
    public int StreamErrors => _streamErrors;

    /// <summary>Streams that broke, and whose two ends were told so.</summary>
    public int BrokenStreams => _brokenStreams;

    /// <summary>Connects both ends and begins with all kinds of traffic.</summary>
    public static async Task<Traffic> StartAsync(IReadOnlyList<ClusterProcess> gateways, RedisProcess queue)
    {
        var service = await FrontierService.ConnectAsync(new FrontierServiceOptions
        {
            EndPoints = [.. gateways.Select(ServiceEnd)],
            Name = ServiceName,
            Reconnect = Impatient,
            DefaultTimeout = CallTime,
        });
        var edge = await FrontierEdge.ConnectAsync(new FrontierEdgeOptions
        {
            EndPoints = [.. gateways.Reverse().Select(EdgeEnd)],
            Reconnect = Impatient,
            DefaultTimeout = CallTime,
        });
        var traffic = new Traffic(gateways, queue, edge, service);
        await service.RegisterAsync("work", (request, _) =>
        {
            traffic.Calls.Arrived(Encoding.UTF8.GetString(request.Payload.Span));
            return ValueTask.FromResult<CallResponse>(request.Payload);
        });
        traffic.Run(traffic.Calls, id => edge.CallAsync("work", Encoding.UTF8.GetBytes(id)).AsTask());
        traffic.Run(traffic.Kept, id => edge.PublishAsync(KeptTopic, Encoding.UTF8.GetBytes(id)).AsTask());
        traffic.Run(traffic.Queued, id => edge.PublishAsync(QueueTopic, Encoding.UTF8.GetBytes(id)).AsTask());
        traffic.Run(traffic.Mail, id => service.PublishOrKeepAsync(AbsentEdge, "news", Encoding.UTF8.GetBytes(id), TimeSpan.FromMinutes(10)));
        traffic.Run(traffic.Streams, traffic.SendStreamAsync);
        return traffic;
    }

    /// <summary>Waits until every kind of traffic has succeeded once more, counted from now.</summary>
    public Task FlowsAsync(string when)
    {
        var before = All.Select(tally => tally.Confirmed).ToArray();
        return Eventually.HoldsAsync(
            () => All.Select((tally, i) => tally.Confirmed > before[i]).All(flows => flows),
            $"all traffic flows {when}. Now: {string.Join("; ", All)}");
    }

    /// <summary>Ends the sending, waits for every attempt to end, and fetches everything that was kept meanwhile.</summary>
    public async Task SettleAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_running).InTime();

        await using var late = await ConnectAsync(gateway => gateway.ConnectServiceAsync("late", [KeptTopic]));
        await CollectAsync(late.ReceiveAsync, Kept);
        await using var absent = await ConnectAsync(gateway => gateway.ConnectEdgeAsync(AbsentEdge));
        await CollectAsync(absent.ReceiveAsync, Mail);
        await using var queue = await ConnectionMultiplexer.ConnectAsync(_queue.ConnectionString);
        foreach (var entry in await queue.GetDatabase().StreamRangeAsync(QueueTopic))
        {
            Queued.Arrived(entry["body"].ToString());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _edge.DisposeAsync();
        await _service.DisposeAsync();
        await _accepting.WaitAsync(Eventually.Deadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _over.Dispose();
    }

    private static ReconnectOptions Impatient => new() { InitialDelay = TimeSpan.FromMilliseconds(50), MaxDelay = TimeSpan.FromMilliseconds(500) };

    private static EndPoint ServiceEnd(ClusterProcess gateway) => new IPEndPoint(gateway.Host.Address, gateway.ServicePort);

    private static EndPoint EdgeEnd(ClusterProcess gateway) => new IPEndPoint(gateway.Host.Address, gateway.EdgePort);

    private void Run(Tally tally, Func<string, Task> attempt) => _running.Add(Task.Run(() => tally.RepeatAsync(attempt, _over.Token)));

    private async Task<T> ConnectAsync<T>(Func<ClusterProcess, Task<T>> connect) =>
        await Eventually.SucceedsAsync(() => connect(_gateways[Random.Shared.Next(_gateways.Count)]), "a gateway lets in who collects what was kept");

    // Until everything that was confirmed is there, or nothing has come for a while: then some of it is lost, and the tally says so.
    private static async Task CollectAsync(Func<CancellationToken, IAsyncEnumerable<FrontierMessage>> receive, Tally tally)
    {
        using var quiet = new CancellationTokenSource(Tally.Patience);
        try
        {
            if (tally.Lost.Count == 0)
            {
                return;
            }

            await foreach (var message in receive(quiet.Token))
            {
                quiet.CancelAfter(TimeSpan.FromSeconds(10));
                tally.Arrived(Encoding.UTF8.GetString(message.Payload.Span));
                await message.AckAsync();
                if (tally.Lost.Count == 0)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The tally knows what is missing.
        }
    }

    // One stream of numbered blocks; its reader answers how many it has got. Confirmed when the reader has got all of them.
    private async Task SendStreamAsync(string id)
    {
        const int Blocks = 64;
        try
        {
            await using var stream = await _edge.OpenStreamAsync(ServiceName, Encoding.UTF8.GetBytes(id));
            var block = new byte[BlockBytes];
            for (var number = 0; number < Blocks; number++)
            {
                BinaryPrimitives.WriteInt32BigEndian(block, number);
                await stream.WriteAsync(block);
            }

            await stream.CompleteWritesAsync();
            using var reader = new StreamReader(stream);
            var answer = await reader.ReadToEndAsync();
            if (answer != Blocks.ToString(CultureInfo.InvariantCulture))
            {
                // The reader's own end of file is the gateway's word that the service had said all it wanted to say.
                Interlocked.Increment(ref _silentEnds);
                throw new FrontierException(FrontierErrorCode.ConnectionLost);
            }
        }
        catch (IOException error)
        {
            Interlocked.Increment(ref _brokenStreams);
            throw error.InnerException as FrontierException ?? new FrontierException(FrontierErrorCode.ConnectionLost);
        }
    }

    private async Task AcceptStreamsAsync()
    {
        await foreach (var stream in _service.AcceptStreamsAsync())
        {
            _ = ReadStreamAsync(stream);
        }
    }

    private async Task ReadStreamAsync(FrontierStream stream)
    {
        try
        {
            await using (stream)
            {
                var block = new byte[BlockBytes];
                var number = 0;
                for (int read; (read = await stream.ReadAtLeastAsync(block, BlockBytes, throwOnEndOfStream: false)) > 0; number++)
                {
                    if (read != BlockBytes || BinaryPrimitives.ReadInt32BigEndian(block) != number)
                    {
                        Interlocked.Increment(ref _streamErrors);
                    }
                }

                if (number != 64)
                {
                    Interlocked.Increment(ref _silentEnds);
                }

                Streams.Arrived(Encoding.UTF8.GetString(stream.Meta.Span));
                await stream.WriteAsync(Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
                await stream.CompleteWritesAsync();
            }
        }
        catch (IOException)
        {
            // Broken, and told so.
        }
    }
}

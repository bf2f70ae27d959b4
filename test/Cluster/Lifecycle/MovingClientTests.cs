using System.Net;
using Frontier.Cluster.Tests.Support;

namespace Frontier.Cluster.Tests.Lifecycle;

/// <summary>Clients that know two gateways and reconnect by themselves, when the one they are at leaves.</summary>
[TestFixture]
internal sealed class MovingClientTests : ClusterFixture
{
    // How many calls have to be answered where the client was before it is asked to move, and where it went to afterwards.
    private const int Calls = 100;

    [Test]
    public async Task An_edge_goes_to_another_gateway_without_a_failed_call_in_either_direction()
    {
        var gateways = await Cluster.StartAsync(2);
        await using var edge = NewEdge(gateways);
        using var moves = new Moves(edge);
        await edge.StartAsync();
        var (leaving, staying) = moves.IsAt(gateways[0]) ? (gateways[0], gateways[1]) : (gateways[1], gateways[0]);
        await using var service = await staying.ConnectServiceAsync();
        await service.RegisterAsync("echo", Echo);
        var edgeId = edge.EdgeId;

        await using var outward = new Caller(async payload => await edge.CallAsync("echo", payload));
        await using var inward = new Caller(async payload => await service.CallAsync(edgeId, "echo", payload));
        await Eventually.HoldsAsync(() => outward.Answered > Calls && inward.Answered > Calls, "calls are answered");
        Assert.That(await leaving.TerminateAsync(), Is.Zero, "exit code");
        await MovedAsync(moves, staying, outward, inward);

        Assert.That(edge.EdgeId, Is.EqualTo(edgeId));
    }

    [Test]
    public async Task A_service_goes_to_another_gateway_without_a_failed_call_in_either_direction()
    {
        var gateways = await Cluster.StartAsync(2);
        await using var service = NewService(gateways);
        using var moves = new Moves(service);
        await service.StartAsync();
        var (leaving, staying) = moves.IsAt(gateways[0]) ? (gateways[0], gateways[1]) : (gateways[1], gateways[0]);
        await using var edge = await staying.ConnectEchoEdgeAsync();

        await using var outward = new Caller(async payload => await service.CallAsync(edge.EdgeId, "echo", payload));
        await using var inward = new Caller(async payload => await edge.CallAsync("echo", payload));
        await Eventually.HoldsAsync(() => outward.Answered > Calls && inward.Answered > Calls, "calls are answered");
        Assert.That(await leaving.TerminateAsync(), Is.Zero, "exit code");
        await MovedAsync(moves, staying, outward, inward);
    }

    private static async Task MovedAsync(Moves moves, ClusterProcess to, params Caller[] callers)
    {
        await Eventually.HoldsAsync(() => moves.IsAt(to), "it is at the other gateway");
        var before = callers.Select(caller => caller.Answered).ToArray();
        await Eventually.HoldsAsync(() => callers.Zip(before).All(pair => pair.First.Answered > pair.Second + Calls), "calls are answered there");
        foreach (var caller in callers)
        {
            await caller.StopAsync();
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(callers.SelectMany(caller => caller.Failed), Is.Empty);
            Assert.That(moves.Connections, Is.EqualTo(2));
            Assert.That(moves.Disconnections, Is.Zero, "the second connection came before the first one ended");
        }
    }

    private static ValueTask<CallResponse> Echo(FrontierRequest request, CancellationToken cancellationToken) => new(request.Payload);

    private static FrontierEdge NewEdge(IReadOnlyList<ClusterProcess> gateways) => new(new FrontierEdgeOptions
    {
        EndPoints = [.. gateways.Select(gateway => new IPEndPoint(gateway.Host.Address, gateway.EdgePort))],
        Methods = new Dictionary<string, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>>> { ["echo"] = Echo },
    });

    private static FrontierService NewService(IReadOnlyList<ClusterProcess> gateways) => new(new FrontierServiceOptions
    {
        EndPoints = [.. gateways.Select(gateway => new IPEndPoint(gateway.Host.Address, gateway.ServicePort))],
        Methods = new Dictionary<string, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>>> { ["echo"] = Echo },
    });

    /// <summary>Calls one after the other until it is stopped, and counts.</summary>
    private sealed class Caller : IAsyncDisposable
    {
        private readonly Task _calling;
        private readonly List<string> _failed = [];
        private volatile bool _stopped;
        private int _answered;

        public Caller(Func<byte[], Task<CallResponse>> call) => _calling = Task.Run(() => CallAsync(call));

        public int Answered => Volatile.Read(ref _answered);

        /// <summary>What calls failed with; complete once it is stopped.</summary>
        public IReadOnlyList<string> Failed => _failed;

        public async Task StopAsync()
        {
            _stopped = true;
            await _calling.InTime();
        }

        public async ValueTask DisposeAsync() => await StopAsync();

        private async Task CallAsync(Func<byte[], Task<CallResponse>> call)
        {
            while (!_stopped)
            {
                var payload = Guid.NewGuid().ToByteArray();
                try
                {
                    var answer = await call(payload);
                    if (!answer.Payload.Span.SequenceEqual(payload))
                    {
                        _failed.Add("the answer to another call");
                    }

                    Interlocked.Increment(ref _answered);
                }
                catch (FrontierException e)
                {
                    _failed.Add($"{e.Code} {e.Message}, after {_answered} answers");
                }
            }
        }
    }

    /// <summary>Where a client is and was.</summary>
    private sealed class Moves : IDisposable
    {
        private readonly FrontierClient _client;
        private volatile IPEndPoint? _last;
        private int _connections;
        private int _disconnections;

        public Moves(FrontierClient client)
        {
            _client = client;
            client.Connected += OnConnected;
            client.Disconnected += OnDisconnected;
        }

        public int Connections => Volatile.Read(ref _connections);

        public int Disconnections => Volatile.Read(ref _disconnections);

        public bool IsAt(ClusterProcess gateway) =>
            _last is { } last && last.Address.Equals(gateway.Host.Address) && (last.Port == gateway.EdgePort || last.Port == gateway.ServicePort);

        public void Dispose()
        {
            _client.Connected -= OnConnected;
            _client.Disconnected -= OnDisconnected;
        }

        private void OnConnected(object? sender, FrontierConnectedEventArgs e)
        {
            _last = (IPEndPoint)e.EndPoint;
            Interlocked.Increment(ref _connections);
        }

        private void OnDisconnected(object? sender, FrontierDisconnectedEventArgs e) => Interlocked.Increment(ref _disconnections);
    }
}

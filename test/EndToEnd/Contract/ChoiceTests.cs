using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;

namespace Frontier.EndToEnd.Tests.Contract;

/// <summary>Which instance of a service an edge gets.</summary>
[TestFixture("edgeid")]
[TestFixture("srcip")]
[TestFixture("random")]
public sealed class ChoiceTests(string hashBy)
{
    private const ulong LowId = 11;
    private const ulong HighId = 22;

    private readonly ConcurrentQueue<(ulong ServiceId, ulong EdgeId)> _online = [];
    private TestGateway _gateway = null!;
    private FrontierService[] _services = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _gateway = await TestGateway.StartAsync(("exchange:hashby", hashBy));
        _services = [await StartServiceAsync(LowId), await StartServiceAsync(HighId)];
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        foreach (var service in _services)
        {
            await service.DisposeAsync();
        }

        await _gateway.DisposeAsync();
    }

    [Test]
    public async Task Calls_messages_and_hooks_of_an_edge_go_where_the_configuration_says()
    {
        var edges = new List<FrontierEdge>();
        for (var i = 0UL; i < 16; i++)
        {
            // Two edges from each of eight addresses.
            var source = new IPEndPoint(IPAddress.Parse($"127.0.0.{10 + (i / 2)}"), 0);
            edges.Add(await _gateway.ConnectEdgeAsync(1000 + i, configure: options => options with { LocalEndPoint = source }));
        }

        var calls = new Dictionary<FrontierEdge, ulong[]>();
        var messages = new Dictionary<FrontierEdge, ulong[]>();
        foreach (var edge in edges)
        {
            calls[edge] = await AskAsync(async () => BitConverter.ToUInt64((await edge.CallAsync("who", default).InTime()).Payload.Span));
            // The instance answers with its id as an error, which is all a message can be answered with.
            messages[edge] = await AskAsync(async () => ulong.Parse((await Sdk.CatchAsync(() => edge.PublishAsync("who", default).AsTask())).Message, CultureInfo.InvariantCulture));
        }

        var hooks = edges.ToDictionary(edge => edge, edge => _online.Where(online => online.EdgeId == edge.EdgeId).Select(online => online.ServiceId).Single());
        foreach (var edge in edges)
        {
            await edge.DisposeAsync();
        }

        using (Assert.EnterMultipleScope())
        {
            switch (hashBy)
            {
                case "edgeid":
                    foreach (var edge in edges)
                    {
                        var expected = edge.EdgeId % 2 == 0 ? LowId : HighId;
                        Assert.That(calls[edge], Is.All.EqualTo(expected));
                        Assert.That(messages[edge], Is.All.EqualTo(expected));
                        Assert.That(hooks[edge], Is.EqualTo(expected));
                    }

                    break;
                case "srcip":
                    foreach (var neighbours in edges.Chunk(2))
                    {
                        Assert.That(neighbours.SelectMany(edge => calls[edge]).Distinct().Count(), Is.EqualTo(1), "one address, one instance");
                        Assert.That(neighbours.SelectMany(edge => messages[edge]).Distinct().Count(), Is.EqualTo(1));
                    }

                    Assert.That(calls.Values.SelectMany(ids => ids).Distinct().Count(), Is.EqualTo(2), "eight addresses spread");
                    break;
                default:
                    Assert.That(calls.Values.Any(ids => ids.Distinct().Count() == 2), Is.True, "one edge gets both instances");
                    Assert.That(messages.Values.Any(ids => ids.Distinct().Count() == 2), Is.True);
                    break;
            }
        }
    }

    [Test]
    public async Task A_stream_goes_to_any_instance_of_the_name()
    {
        await using var edge = await _gateway.ConnectEdgeAsync();
        var seen = new HashSet<ulong>();
        for (var i = 0; i < 64; i++)
        {
            await using var stream = await edge.OpenStreamAsync("many").InTime();
            var id = new byte[sizeof(ulong)];
            await stream.ReadExactlyAsync(id).InTime();
            seen.Add(BitConverter.ToUInt64(id));
        }

        Assert.That(seen, Is.EquivalentTo(new[] { LowId, HighId }));
    }

    private static async Task<ulong[]> AskAsync(Func<Task<ulong>> ask)
    {
        var answers = new ulong[8];
        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = await ask();
        }

        return answers;
    }

    private async Task<FrontierService> StartServiceAsync(ulong id)
    {
        var service = await _gateway.ConnectServiceAsync("many", ["who"], id);
        await service.RegisterAsync("who", (_, _) => ValueTask.FromResult<CallResponse>(BitConverter.GetBytes(id)));
        await service.OnEdgeOnlineAsync((edge, _) =>
        {
            _online.Enqueue((id, edge.EdgeId));
            return default;
        });
        _ = Task.Run(async () =>
        {
            await foreach (var message in service.ReceiveAsync())
            {
                await message.FailAsync(id.ToString(CultureInfo.InvariantCulture));
            }
        });
        _ = Task.Run(async () =>
        {
            await foreach (var stream in service.AcceptStreamsAsync())
            {
                await stream.WriteAsync(BitConverter.GetBytes(id));
                await stream.CompleteWritesAsync();
                await stream.DisposeAsync();
            }
        });
        return service;
    }
}

using System.Net;
using System.Reflection;
using Frontier.GrainInterfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Frontier.Gateway.Tests;

/// <summary>What a call for an edge that is not online costs the cluster, counted in messages to grains and to other gateways' ports.</summary>
public class EdgeRoutesTests
{
    private const int Calls = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly SiloAddress Self = SiloAddress.New(IPAddress.Loopback, 1, 1);
    private static readonly SiloAddress Other = SiloAddress.New(IPAddress.Loopback, 2, 1);
    private static readonly SiloAddress LeavingSilo = SiloAddress.New(IPAddress.Loopback, 3, 1);

    [Test]
    public async Task A_call_to_an_offline_edge_costs_within_twice_the_steady_state_while_gateways_come_and_leave_and_go()
    {
        var cluster = new Messages(held: []);
        await using var provider = await CreateGatewayAsync(cluster);
        var steady = await CountAsync(provider, cluster, firstId: 1);
        Assert.That(steady, Is.EqualTo(Calls), "one message each: the question to the edge's grain");

        foreach (var gateways in new[] { Gateways(Other, isLeaving: false), Gateways(LeavingSilo, isLeaving: true), Gateways(Other, isLeaving: false) })
        {
            await SetGatewaysAsync(provider, gateways);
            Assert.That(await CountAsync(provider, cluster, firstId: 1_000), Is.LessThanOrEqualTo(2 * steady));
        }
    }

    [Test]
    public async Task An_edge_that_a_leaving_gateway_held_is_waited_for_and_found_where_it_is_now()
    {
        var cluster = new Messages(held: [4711]);
        await using var provider = await CreateGatewayAsync(cluster);
        await SetGatewaysAsync(provider, Gateways(LeavingSilo, isLeaving: true));
        cluster.Found = asked => asked < 2 ? null : new SessionLocation("other", Other, 7);

        Assert.That(await Routes(provider).LocateAsync(4711).WaitAsync(Patience), Is.InstanceOf<Trunk>());
        Assert.That(cluster.Asked, Is.EqualTo(2));
    }

    [Test]
    public async Task An_edge_of_a_leaving_gateway_that_does_not_come_back_is_looked_for_twice_more_and_then_not_waited_for_again()
    {
        var cluster = new Messages(held: [4711]);
        await using var provider = await CreateGatewayAsync(cluster);
        await SetGatewaysAsync(provider, Gateways(LeavingSilo, isLeaving: true));

        Assert.That(await Routes(provider).LocateAsync(4711).WaitAsync(Patience), Is.Null);
        Assert.That(cluster.Asked, Is.EqualTo(3));
        Assert.That(await Routes(provider).LocateAsync(4711).WaitAsync(Patience), Is.Null);
        Assert.That(cluster.Asked, Is.EqualTo(4));
    }

    [Test]
    public void A_filter_of_edge_ids_has_every_id_and_few_others()
    {
        var filter = EdgeIdFilter.Of([.. Enumerable.Range(1, 20_000).Select(id => (ulong)id)]);
        var read = new EdgeIdFilter(filter.Bits);

        Assert.That(Enumerable.Range(1, 20_000).All(id => read.MayContain((ulong)id)), Is.True);
        Assert.That(Enumerable.Range(100_000, 20_000).Count(id => read.MayContain((ulong)id)), Is.LessThan(400), "one in a hundred");
        Assert.That(filter.Bits.Length, Is.LessThan(26_000));
        Assert.That(EdgeIdFilter.Of([]).MayContain(1), Is.False);
    }

    private static EdgeRoutes Routes(ServiceProvider provider) => provider.GetRequiredService<GatewayCore>().EdgeRoutes;

    private static async Task<int> CountAsync(ServiceProvider provider, Messages cluster, ulong firstId)
    {
        var before = cluster.Count;
        for (var id = firstId; id < firstId + Calls; id++)
        {
            Assert.That(await Routes(provider).LocateAsync(id).WaitAsync(Patience), Is.Null);
        }

        return cluster.Count - before;
    }

    private static async Task SetGatewaysAsync(ServiceProvider provider, GatewayRecord[] gateways)
    {
        var catalog = provider.GetRequiredService<CatalogReplica>();
        var version = new CatalogVersion(1, s_version++);
        await catalog.CatalogChangedAsync(new CatalogSnapshot(version, []) { Gateways = gateways });
    }

    private static int s_version = 1;

    private static GatewayRecord[] Gateways(SiloAddress second, bool isLeaving) =>
        [new("other", second, "s", "e", DateTimeOffset.UnixEpoch) { IsDraining = isLeaving }];

    private static Task<ServiceProvider> CreateGatewayAsync(Messages cluster)
    {
        var services = new ServiceCollection();
        services.AddLogging().AddMetrics().AddOptions();
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddSingleton(CountedCalls.Create<IGrainFactory>(cluster));
        services.AddSingleton(CountedCalls.Create<IGatewayPorts>(cluster));
        services.AddFrontierGateway();
        services.AddSingleton(new GatewayIdentity("test", Self));
        return Task.FromResult(services.BuildServiceProvider());
    }

    /// <summary>The messages that went out, and what is answered.</summary>
    internal sealed class Messages(ulong[] held)
    {
        private int _count;
        private int _asked;

        public int Count => Volatile.Read(ref _count);

        /// <summary>Questions to edges' grains.</summary>
        public int Asked => Volatile.Read(ref _asked);

        public ReadOnlyMemory<byte> Held { get; } = EdgeIdFilter.Of(held).Bits;

        /// <summary>Where an edge is said to be when it is asked for the n-th time.</summary>
        public Func<int, SessionLocation?> Found { get; set; } = _ => null;

        public SessionLocation? Locate()
        {
            Interlocked.Increment(ref _count);
            return Found(Interlocked.Increment(ref _asked));
        }

        public ReadOnlyMemory<byte> AskForHeld()
        {
            Interlocked.Increment(ref _count);
            return Held;
        }
    }

    /// <summary>Grains and ports that count what they are asked.</summary>
    public class CountedCalls : DispatchProxy
    {
        private Messages _messages = null!;

        internal static T Create<T>(Messages messages) => (T)Create(typeof(T), messages);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            ArgumentNullException.ThrowIfNull(targetMethod);
            return targetMethod.Name switch
            {
                nameof(IGrainFactory.GetGrain) or nameof(IGatewayPorts.Get) => Create(targetMethod.ReturnType, _messages),
                nameof(IEdgeGrain.LocateAsync) => new ValueTask<SessionLocation?>(_messages.Locate()),
                nameof(IGatewayPort.GetHeldEdgesAsync) => new ValueTask<ReadOnlyMemory<byte>>(_messages.AskForHeld()),
                _ => targetMethod.ReturnType == typeof(Task) ? Task.CompletedTask : Activator.CreateInstance(targetMethod.ReturnType),
            };
        }

        private static object Create(Type type, Messages messages)
        {
            var proxy = DispatchProxy.Create(type, typeof(CountedCalls));
            ((CountedCalls)proxy)._messages = messages;
            return proxy;
        }
    }
}

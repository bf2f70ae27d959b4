using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Frontier.Cluster.Tests.Support;

/// <summary>A Redis server and processes of Frontier that find each other through it.</summary>
internal sealed class FrontierCluster : IAsyncDisposable
{
    private readonly List<ClusterProcess> _processes = [];
    private readonly (string Key, string Value)[] _keys;
    private IHost? _client;

    private FrontierCluster(RedisProcess redis, ClusterNetwork? network, (string Key, string Value)[] keys)
    {
        Redis = redis;
        Network = network;
        _keys = keys;
    }

    public RedisProcess Redis { get; }

    /// <summary>The network between the processes; null where all of them are on loopback.</summary>
    public ClusterNetwork? Network { get; }

    /// <summary>All processes, in the order in which they were started.</summary>
    public IReadOnlyList<ClusterProcess> Processes => _processes;

    /// <summary>A cluster that has its Redis server and no process yet.</summary>
    /// <param name="redis">The server, started or not; null for a new one that is started.</param>
    /// <param name="keys">Configuration keys for every process.</param>
    public static async Task<FrontierCluster> CreateAsync(RedisProcess? redis = null, params (string Key, string Value)[] keys)
    {
        if (redis is null)
        {
            redis = RedisProcess.Create();
            await redis.StartAsync();
        }

        return new FrontierCluster(redis, null, keys);
    }

    /// <summary>A cluster each of whose processes, the Redis server included, is on a machine of its own.</summary>
    /// <param name="network">The network; null for a new one.</param>
    /// <param name="keys">Configuration keys for every process.</param>
    public static async Task<FrontierCluster> CreateOnNetworkAsync(ClusterNetwork? network = null, params (string Key, string Value)[] keys)
    {
        network ??= new ClusterNetwork();
        var redis = RedisProcess.Create(host: network.Add());
        await redis.StartAsync();
        return new FrontierCluster(redis, network, keys);
    }

    /// <summary>Starts processes together, and waits until all of them are ready.</summary>
    /// <returns>The gateways.</returns>
    public async Task<IReadOnlyList<ClusterProcess>> StartAsync(int gateways, int silos = 1)
    {
        var started = Enumerable.Range(0, silos).Select(_ => Start("silo")).Concat(Enumerable.Range(0, gateways).Select(_ => Start("gateway"))).ToArray();
        await Task.WhenAll(started.Select(process => process.WaitUntilReadyAsync()));
        return [.. started.Skip(silos)];
    }

    /// <summary>Starts one gateway and waits until it is ready.</summary>
    public Task<ClusterProcess> StartGatewayAsync(params (string Key, string Value)[] keys) => StartReadyAsync("gateway", keys);

    /// <summary>Starts one process for topics and catalog, and waits until it is ready.</summary>
    public Task<ClusterProcess> StartSiloAsync(params (string Key, string Value)[] keys) => StartReadyAsync("silo", keys);

    /// <summary>Starts one process of all roles, and waits until it is ready.</summary>
    public Task<ClusterProcess> StartAllInOneAsync(params (string Key, string Value)[] keys) => StartReadyAsync("all", keys);

    /// <summary>Starts a process and waits for nothing.</summary>
    public ClusterProcess Start(string roles, params (string Key, string Value)[] keys)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{roles}-{_processes.Count + 1}");
        var process = new ClusterProcess(name, roles, Network?.Add() ?? ProcessHost.Loopback, [("cluster:redis", Redis.ConnectionString), .. _keys, .. keys]);
        _processes.Add(process);
        process.Start();
        return process;
    }

    /// <summary>The cluster's grains, as a program inside the network reaches them; it goes through any process that is alive.</summary>
    public async Task<IGrainFactory> GrainsAsync()
    {
        if (_client is null)
        {
            var host = Host.CreateApplicationBuilder();
            host.Logging.ClearProviders();
            host.UseOrleansClient(client => client
                .UseRedisClustering(Redis.ConnectionString)
                .Configure<ClusterOptions>(cluster =>
                {
                    cluster.ClusterId = "frontier";
                    cluster.ServiceId = "frontier";
                })
                .Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = TimeSpan.FromSeconds(1))
                .Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(5))
                .UseConnectionRetryFilter((_, _) => Task.FromResult(true)));
            _client = host.Build();
            await _client.StartAsync();
        }

        return _client.Services.GetRequiredService<IGrainFactory>();
    }

    /// <summary>What the catalog says now.</summary>
    public async Task<CatalogSnapshot> CatalogAsync() => await (await GrainsAsync()).GetServiceCatalog().GetAsync();

    /// <summary>Waits until the catalog lists exactly these gateways.</summary>
    public Task GatewaysAreAsync(TimeSpan deadline, params ClusterProcess[] gateways) => Eventually.HoldsAsync(
        async () => (await CatalogAsync()).Gateways.Select(gateway => gateway.EdgeboundAddress).Order()
            .SequenceEqual(gateways.Select(gateway => $"{gateway.Host.Address}:{gateway.EdgePort}").Order()),
        $"the catalog lists {string.Join(" and ", gateways.Select(gateway => gateway.Name))}",
        deadline);

    private async Task<ClusterProcess> StartReadyAsync(string roles, (string Key, string Value)[] keys)
    {
        var process = Start(roles, keys);
        await process.WaitUntilReadyAsync();
        return process;
    }

    /// <summary>Runs a test, or a part of one, and shows what the processes logged when it fails.</summary>
    public async Task ShowingLogsAsync(Func<Task> test)
    {
        try
        {
            await test();
        }
        catch
        {
            PrintLogs();
            throw;
        }
    }

    /// <summary>Shows what the processes logged, one after the other.</summary>
    public void PrintLogs()
    {
        foreach (var process in _processes)
        {
            TestContext.Out.WriteLine($"---- {process.Name} ----");
            foreach (var line in process.Log)
            {
                TestContext.Out.WriteLine(line);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        if (_client is not null)
        {
            try
            {
                await _client.StopAsync(new CancellationToken(canceled: true));
            }
            catch (OperationCanceledException)
            {
                // There is nobody left to say goodbye to.
            }

            _client.Dispose();
        }

        await Redis.DisposeAsync();
        Network?.Dispose();
    }
}

using Frontier.Cluster.Tests.Support;

namespace Frontier.Cluster.Tests.Chaos;

/// <summary>
/// Every kind of traffic goes on while something fails, and afterwards everything is counted. Whatever fails: nothing hangs, nothing that was confirmed is lost,
/// no stream ends as if it were complete when it is not, and all traffic flows again.
/// </summary>
[TestFixture]
internal sealed class ChaosTests
{
    // How long what fails stays so: longer than a call waits, so that some of every kind meets it.
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(6);

    public enum Fault
    {
        SiloIsKilled,
        SiloStandsStill,
        ServicesGatewayIsKilled,
        EdgesGatewayIsKilled,
        GatewayStandsStill,
        GatewayIsRestarted,
        GatewaysAreCutOff,
        RedisIsLost,
        RedisIsReadOnly,
        RedisIsFull,
        RedisIsEmptied,
    }

    [Test]
    public async Task Nothing_hangs_and_nothing_confirmed_is_lost([Values] Fault fault)
    {
        var network = fault == Fault.GatewaysAreCutOff ? new ClusterNetwork() : null;
        await using var queue = RedisProcess.Create(host: network?.Add());
        await queue.StartAsync();
        await using var cluster = await CreateClusterAsync(network, queue);
        await cluster.ShowingLogsAsync(async () =>
        {
            var gateways = await cluster.StartAsync(2);
            await using var traffic = await Traffic.StartAsync(gateways, queue);
            await traffic.FlowsAsync("before anything fails");

            await HappenAsync(fault, cluster, gateways);
            await traffic.FlowsAsync("afterwards");
            await traffic.SettleAsync();

            TestContext.Out.WriteLine($"{fault}: streams that broke and said so: {traffic.BrokenStreams}");
            foreach (var tally in traffic.All)
            {
                TestContext.Out.WriteLine(tally);
            }

            Assert.Multiple(() =>
            {
                Assert.That(traffic.All.Sum(tally => tally.Hung), Is.Zero, "attempts that were never answered");
                Assert.That(traffic.SilentEnds, Is.Zero, "streams that ended as if they were complete");
                Assert.That(traffic.StreamErrors, Is.Zero, "streams whose bytes were lost or out of order");
                foreach (var tally in traffic.All.Where(tally => !IsInRedis(tally) || fault != Fault.RedisIsEmptied))
                {
                    Assert.That(tally.Lost, Is.Empty, $"{tally.Name}: confirmed and lost");
                }
            });

            // What was in Redis when it was emptied is gone; what is confirmed later is not.
            bool IsInRedis(Tally tally) => tally == traffic.Kept || tally == traffic.Mail;
        });
    }

    private static async Task<FrontierCluster> CreateClusterAsync(ClusterNetwork? network, RedisProcess queue)
    {
        if (network is not null)
        {
            return await FrontierCluster.CreateOnNetworkAsync(network, Traffic.Keys(queue));
        }

        var redis = RedisProcess.Create(keepsData: true);
        await redis.StartAsync();
        return await FrontierCluster.CreateAsync(redis, Traffic.Keys(queue));
    }

    private static async Task HappenAsync(Fault fault, FrontierCluster cluster, IReadOnlyList<ClusterProcess> gateways)
    {
        var silo = cluster.Processes[0];
        switch (fault)
        {
            case Fault.SiloIsKilled:
                await KillForAWhileAsync(silo);
                break;
            case Fault.ServicesGatewayIsKilled:
                await KillForAWhileAsync(gateways[0]);
                break;
            case Fault.EdgesGatewayIsKilled:
                await KillForAWhileAsync(gateways[1]);
                break;
            case Fault.SiloStandsStill:
                await PauseForAWhileAsync(silo);
                break;
            case Fault.GatewayStandsStill:
                await PauseForAWhileAsync(gateways[1]);
                break;
            case Fault.GatewayIsRestarted:
                await gateways[0].TerminateAsync();
                gateways[0].Start();
                await gateways[0].WaitUntilReadyAsync();
                break;
            case Fault.GatewaysAreCutOff:
                ClusterNetwork.Cut(gateways[0].Host, gateways[1].Host);
                await Task.Delay(Outage);
                ClusterNetwork.Heal(gateways[0].Host, gateways[1].Host);
                break;
            case Fault.RedisIsLost:
                await cluster.Redis.StopAsync();
                await Task.Delay(Outage);
                await cluster.Redis.StartAsync();
                break;
            case Fault.RedisIsReadOnly:
                // A server that lost its role in a failover: it answers, and refuses to write.
                await cluster.Redis.ExecuteAsync("REPLICAOF", "127.0.0.1", "1");
                await Task.Delay(Outage);
                await cluster.Redis.ExecuteAsync("REPLICAOF", "NO", "ONE");
                break;
            case Fault.RedisIsFull:
                await cluster.Redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
                await Task.Delay(Outage);
                await cluster.Redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
                break;
            case Fault.RedisIsEmptied:
                await cluster.Redis.ExecuteAsync("FLUSHALL");
                await Task.Delay(Outage);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault));
        }
    }

    private static async Task KillForAWhileAsync(ClusterProcess process)
    {
        await process.KillAsync();
        await Task.Delay(Outage);
        process.Start();
        await process.WaitUntilReadyAsync();
    }

    private static async Task PauseForAWhileAsync(ClusterProcess process)
    {
        process.Pause();
        await Task.Delay(Outage);
        process.Resume();
    }
}

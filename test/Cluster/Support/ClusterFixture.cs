using NUnit.Framework.Interfaces;

namespace Frontier.Cluster.Tests.Support;

/// <summary>
/// Gives each test a cluster of its own, with a Redis server and no process yet; the logs of its processes are shown when the test fails.
/// One fixture at a time: a machine that runs two clusters at once is too slow for either.
/// </summary>
[NonParallelizable]
internal abstract class ClusterFixture
{
    protected FrontierCluster Cluster { get; private set; } = null!;

    [SetUp]
    public async Task CreateClusterAsync() => Cluster = await FrontierCluster.CreateAsync();

    [TearDown]
    public async Task DisposeClusterAsync()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == TestStatus.Failed)
        {
            Cluster.PrintLogs();
        }

        await Cluster.DisposeAsync();
    }
}

/// <summary>Gives all tests of a fixture one cluster; for tests that leave it as they found it.</summary>
[NonParallelizable]
internal abstract class SharedClusterFixture
{
    protected FrontierCluster Cluster { get; private set; } = null!;

    /// <summary>The gateways, all of them ready.</summary>
    protected IReadOnlyList<ClusterProcess> Gateways { get; private set; } = [];

    /// <summary>How many gateways there are. Beside them there is one process for topics and catalog.</summary>
    protected virtual int GatewayCount => 3;

    /// <summary>Configuration keys for every process.</summary>
    protected virtual (string Key, string Value)[] Keys => [];

    [OneTimeSetUp]
    public async Task StartClusterAsync()
    {
        Cluster = await FrontierCluster.CreateAsync(null, Keys);
        await Cluster.ShowingLogsAsync(async () => Gateways = await Cluster.StartAsync(GatewayCount));
    }

    [TearDown]
    public void ShowLogs()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == TestStatus.Failed)
        {
            Cluster.PrintLogs();
        }
    }

    [OneTimeTearDown]
    public async Task StopClusterAsync() => await Cluster.DisposeAsync();
}

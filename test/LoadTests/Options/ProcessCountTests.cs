using System.Net;

namespace Frontier.Load.Tests;

public sealed class ProcessCountTests
{
    [TestCase(10_000, false, 1)]
    [TestCase(19_799, false, 1)]
    [TestCase(19_800, false, 2)]
    [TestCase(100_000, false, 6)]
    [TestCase(10_000, true, 2)]
    public void More_connections_than_a_process_may_hold_take_more_processes(int edges, bool baseline, int processes)
    {
        var options = new LoadOptions { Mode = LoadMode.Connect, Edges = edges, Baseline = baseline };
        Assert.That(LoadRun.ChooseProcesses(options, socketsPerProcess: 19_800), Is.EqualTo(processes));
    }

    [Test]
    public void Too_few_processes_are_refused_with_how_many_it_takes()
    {
        var options = new LoadOptions { Mode = LoadMode.Connect, Edges = 50_000, Processes = 2 };
        Assert.That(
            () => LoadRun.ChooseProcesses(options, socketsPerProcess: 19_800),
            Throws.TypeOf<LoadException>().With.Message.Contain("need 3 processes").And.Message.Contain("--processes"));
    }

    [TestCase("127.0.0.1", 16, false, 1)]
    [TestCase("127.0.0.1", 18_000, false, 2)]
    [TestCase("127.0.0.1", 16, true, 16)]
    [TestCase("10.1.2.3", 18_000, true, 0)]
    [TestCase("::1", 18_000, true, 0)]
    public void Edges_on_loopback_come_from_as_many_addresses_as_they_need(string target, int edges, bool isChurn, int addresses) =>
        Assert.That(SourceAddresses.Choose(IPAddress.Parse(target), edges, isChurn), Has.Length.EqualTo(addresses));
}

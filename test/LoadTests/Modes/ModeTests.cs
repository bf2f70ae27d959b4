using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Frontier.Load.Tests;

public sealed class ModeTests
{
    private GatewayHost _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await GatewayHost.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [TestCase(LoadMode.Call)]
    [TestCase(LoadMode.CallToEdge)]
    [TestCase(LoadMode.Publish)]
    [TestCase(LoadMode.PublishToEdge)]
    [TestCase(LoadMode.Stream)]
    [TestCase(LoadMode.StreamBandwidth)]
    [TestCase(LoadMode.Connect)]
    [TestCase(LoadMode.Churn)]
    public async Task Every_mode_gets_right_answers_from_a_gateway(LoadMode mode)
    {
        var report = await RunAsync(_gateway.Load(mode));
        Expect(report.Gateway!, mode);
    }

    [TestCase(0)]
    [TestCase(7)]
    [TestCase(300_000)]
    public async Task Payloads_of_any_size_come_back(int bytes) =>
        Expect((await RunAsync(_gateway.Load(LoadMode.Call) with { PayloadBytes = bytes })).Gateway!, LoadMode.Call);

    [TestCase(LoadMode.Call)]
    [TestCase(LoadMode.CallToEdge)]
    [TestCase(LoadMode.Stream)]
    public async Task Several_threads_and_fewer_operations_than_edges_work_as_well(LoadMode mode)
    {
        var report = await RunAsync(_gateway.Load(mode) with { Threads = 2, Services = 3, Edges = 21, IdleEdges = 5, Concurrency = 4 });
        Expect(report.Gateway!, mode);
    }

    [Test]
    public async Task An_open_loop_starts_as_many_operations_as_asked_for()
    {
        var report = await RunAsync(_gateway.Load(LoadMode.Call) with { Rate = new Rate(200, IsPercent: false), Concurrency = null });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.Gateway!.Errors, Is.Empty);
            // What the warm-up had under way counts when its answer comes within the measured time; a closed loop would do thousands.
            Assert.That(report.Gateway.Operations + report.Gateway.Unsent, Is.LessThanOrEqualTo((200 * report.Gateway.Seconds) + 50));
            Assert.That(report.Gateway.Operations, Is.GreaterThan(50));
        }
    }

    [Test]
    public async Task A_rate_in_per_cent_refers_to_what_a_closed_loop_reached()
    {
        var report = await RunAsync(_gateway.Load(LoadMode.Call) with { Rate = new Rate(10, IsPercent: true) });
        Assert.That(report.Gateway!.Rate, Is.EqualTo(report.SaturatingRate * 0.1).Within(0.001));
    }

    [TestCase(LoadMode.Call)]
    [TestCase(LoadMode.CallToEdge)]
    [TestCase(LoadMode.PublishToEdge)]
    [TestCase(LoadMode.StreamBandwidth)]
    [TestCase(LoadMode.Churn)]
    public async Task The_same_traffic_goes_through_a_bare_relay(LoadMode mode)
    {
        var report = await RunAsync(_gateway.Load(mode) with { Baseline = true });
        Expect(report.Relay!, mode);
        Expect(report.Gateway!, mode);
        Assert.That(report.Ratios!.Throughput, Is.EqualTo(report.Gateway!.Throughput / report.Relay!.Throughput));
    }

    [TestCase(LoadMode.Call)]
    [TestCase(LoadMode.Connect)]
    public async Task Worker_processes_share_the_load(LoadMode mode)
    {
        var report = await RunAsync(_gateway.Load(mode) with { Processes = 2, Edges = 11, Baseline = true });
        Expect(report.Relay!, mode);
        Expect(report.Gateway!, mode);
    }

    [Test]
    public async Task Of_several_rounds_one_counts()
    {
        var report = await RunAsync(_gateway.Load(LoadMode.Publish) with { Rounds = 3 });
        Expect(report.Gateway!, LoadMode.Publish);
    }

    [Test]
    public async Task Connected_edges_are_all_there_and_their_memory_is_known()
    {
        var report = await RunAsync(_gateway.Load(LoadMode.Connect) with { Edges = 150 });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.Gateway!.Operations, Is.EqualTo(150));
            Assert.That(report.Gateway.ServerMemoryPerConnection, Is.Not.Null);
            Assert.That(report.Gateway.ServerMemoryAfter, Is.GreaterThan(0));
        }
    }

    [Test]
    public async Task An_interrupted_run_tells_what_it_has()
    {
        using var interrupt = new CancellationTokenSource();
        var progress = new InterruptAt("measuring", interrupt);
        var report = await LoadRun.RunAsync(_gateway.Load(LoadMode.Call) with { Duration = TimeSpan.FromMinutes(5) }, progress, interrupt.Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.Gateway!.IsInterrupted);
            Assert.That(report.Gateway.Operations, Is.GreaterThan(0));
            Assert.That(report.Gateway.Errors, Is.Empty);
        }
    }

    [Test]
    public async Task Connections_that_the_gateway_cuts_are_errors_even_if_it_was_while_warming_up()
    {
        // Frames of this size are beyond the gateway's limit, which ends the connection.
        var report = await RunAsync(_gateway.Load(LoadMode.Call) with { PayloadBytes = 11 << 20 });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.HasErrors);
            Assert.That(report.Gateway!.Operations, Is.Zero);
            Assert.That(report.Gateway.Errors.Where(error => error.Key.StartsWith("connection lost: ", StringComparison.Ordinal)).Sum(error => error.Value), Is.EqualTo(4));
        }
    }

    [Test]
    public void Nobody_listening_is_said_in_one_line()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var endpoint = (IPEndPoint)closed.LocalEndpoint;
        closed.Stop();
        Assert.That(
            () => RunAsync(_gateway.Load(LoadMode.Call) with { EdgeAddresses = [endpoint] }),
            Throws.TypeOf<LoadException>().With.Message.EqualTo("4 of 4 edges could not connect: 4 × connection refused: nobody listens there"));
    }

    [Test]
    public void An_address_that_is_not_this_machines_is_said_to_be_that()
    {
        Assert.That(
            () => RunAsync(_gateway.Load(LoadMode.Call) with { Sources = [IPAddress.Parse("192.0.2.1")] }),
            Throws.TypeOf<LoadException>().With.Message.Contain("it is not this machine's").And.Message.Contain("--sources"));
    }

    [Test]
    public async Task A_report_reads_back_from_its_json()
    {
        var report = await RunAsync(_gateway.Load(LoadMode.Publish));
        using var json = JsonDocument.Parse(ReportText.ToJson(report));
        var gateway = json.RootElement.GetProperty("gateway");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(json.RootElement.GetProperty("mode").GetString(), Is.EqualTo("publish"));
            Assert.That(gateway.GetProperty("operations").GetInt64(), Is.EqualTo(report.Gateway!.Operations));
            Assert.That(gateway.GetProperty("latency").GetProperty("p99").GetDouble(), Is.EqualTo(report.Gateway.Latency!.P99));
        }
    }

    private static Task<LoadReport> RunAsync(LoadOptions options) => LoadRun.RunAsync(options, NoProgress.Instance, CancellationToken.None);

    private static void Expect(PassResult run, LoadMode mode)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.Errors, Is.Empty, run.Server);
            Assert.That(run.Operations, Is.GreaterThan(0), run.Server);
            Assert.That(run.Unsent, Is.Zero, run.Server);
            Assert.That(run.Throughput, Is.GreaterThan(0), run.Server);
            Assert.That(run.ClientCpuPerOperation, Is.GreaterThanOrEqualTo(0), run.Server);
            Assert.That(run.ServerCpuPerOperation, Is.GreaterThanOrEqualTo(0), run.Server);
            if (mode != LoadMode.StreamBandwidth)
            {
                Assert.That(run.Latency!.P50, Is.GreaterThan(0).And.LessThanOrEqualTo(run.Latency.Max), run.Server);
            }
        }
    }

    private sealed class InterruptAt(string word, CancellationTokenSource interrupt) : IProgressLine
    {
        public void Show(string text)
        {
            if (text.Contains(word, StringComparison.Ordinal))
            {
                interrupt.Cancel();
            }
        }

        public void Clear()
        {
        }
    }
}

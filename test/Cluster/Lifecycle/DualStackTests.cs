using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Frontier.Cluster.Tests.Support;

namespace Frontier.Cluster.Tests.Lifecycle;

/// <summary>Every port is one of IPv4 and IPv6 alike, those of Orleans too; a machine may have only one of them.</summary>
[TestFixture, NonParallelizable]
internal sealed class DualStackTests
{
    private static readonly (string Key, string Value)[] AllAddresses =
    [
        ("servicebound:listen:addr", ":0"), ("edgebound:listen:addr", "0.0.0.0:0"), ("controlplane:listen:addr", "[::]:0"),
        ("control_plane:listen:addr", ":0"), ("observability:addr", "0.0.0.0:0"), ("cluster:listen_addr", "0.0.0.0"),
    ];

    [Test]
    public async Task Every_port_takes_connections_of_both()
    {
        await using var redis = RedisProcess.Create();
        await redis.StartAsync();
        await using var process = new ClusterProcess(
            "both", "all", ProcessHost.Loopback, [.. AllAddresses, ("cluster:redis", redis.ConnectionString), ("cluster:advertised_addr", "127.0.0.1")]);
        process.Start();
        await process.WaitUntilReadyAsync();
        foreach (var port in PortsOf(process))
        {
            foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
            {
                using var peer = new TcpClient(address.AddressFamily);
                await peer.ConnectAsync(address, port).InTime();
            }
        }
    }

    [Test]
    public async Task A_process_starts_where_there_is_nothing_but_IPv6([Values] bool withRedis)
    {
        using var machine = Machine.WithoutIPv4();
        const int RedisPort = 6379;
        if (withRedis)
        {
            machine.Start("redis-server", "--port", $"{RedisPort}", "--bind", "::1", "--protected-mode", "no", "--save", "");
        }

        (string, string)[] keys = withRedis ? [("cluster:redis", $"[::1]:{RedisPort}"), ("cluster:advertised_addr", "::1")] : [];
        await using var process = new ClusterProcess("six", "all", machine.Host, [.. AllAddresses, .. keys]);
        process.Start();
        await process.WaitUntilUpAsync();
        await Eventually.HoldsAsync(
            async () => await machine.RunAsync("curl", "-sg", $"http://[::1]:{process.ObservabilityPort}/readyz") is var answer && answer.Contains("\"ready\":true", StringComparison.Ordinal),
            "it is ready");
        foreach (var port in PortsOf(process))
        {
            var answer = await machine.RunAsync("curl", "-sgv", "--http0.9", "-m", "1", $"telnet://[::1]:{port}");
            Assert.That(answer, Does.Contain("Connected to ::1"), $"port {port}");
        }

        Assert.That(await process.TerminateAsync(), Is.Zero);
    }

    private static int[] PortsOf(ClusterProcess process) =>
        [process.ServicePort, process.EdgePort, process.ControlPort, process.FrontlasPort, process.ObservabilityPort, process.SiloPort];

    /// <summary>A machine whose network has no IPv4 at all, not even a loopback. Needs root.</summary>
    private sealed class Machine : IDisposable
    {
        private static int s_count;

        private readonly List<Process> _processes = [];

        private Machine(string name) => Host = new ProcessHost(IPAddress.IPv6Loopback, name);

        public ProcessHost Host { get; }

        public static Machine WithoutIPv4()
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"f6{Environment.ProcessId % 100_000}{(char)('a' + (Interlocked.Increment(ref s_count) % 26))}");
            if (!Environment.IsPrivilegedProcess || !TryIp(out var error, "netns", "add", name))
            {
                Assert.Ignore("Networks cannot be made here: only root may");
                throw new InvalidOperationException();
            }

            Assert.That(TryIp(out error, "-n", name, "link", "set", "lo", "up"), error);
            Assert.That(TryIp(out error, "-n", name, "addr", "del", "127.0.0.1/8", "dev", "lo"), error);
            return new Machine(name);
        }

        public void Start(string program, params string[] arguments)
        {
            var start = Host.Start(program, arguments);
            start.RedirectStandardOutput = true;
            var process = Process.Start(start)!;
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            _processes.Add(process);
        }

        public async Task<string> RunAsync(string program, params string[] arguments)
        {
            var start = Host.Start(program, arguments);
            start.RedirectStandardOutput = true;
            start.RedirectStandardError = true;
            start.RedirectStandardInput = true;
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().InTime();
            return await output + await error;
        }

        public void Dispose()
        {
            foreach (var process in _processes)
            {
                process.Kill();
                process.WaitForExit();
                process.Dispose();
            }

            TryIp(out _, "netns", "delete", Host.Namespace!);
        }

        private static bool TryIp(out string error, params string[] arguments)
        {
            using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
            error = ip.StandardError.ReadToEnd();
            ip.WaitForExit();
            return ip.ExitCode == 0;
        }
    }
}

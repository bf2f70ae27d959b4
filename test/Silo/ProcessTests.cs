using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Frontier.Silo.Tests;

public sealed class ProcessTests
{
    private static readonly string[] OnFreePorts = [.. Settings.OnFreePorts.Select(key => $"--{key.Key}={key.Value}")];

    [TestCase("TERM")]
    [TestCase("INT")]
    public async Task A_signal_ends_the_process_in_order_after_a_handful_of_lines(string signal)
    {
        using var process = new FrontierProcess(OnFreePorts);
        await process.WaitForLineAsync("is up: services on 127.0.0.1:");
        process.Signal(signal);
        var exitCode = await process.WaitForExitAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exitCode, Is.Zero);
            Assert.That(process.Error, Is.Empty);
            Assert.That(process.Output, Has.Count.InRange(3, 6));
            Assert.That(process.Output, Has.None.Contains("warn"));
        }
    }

    [Test]
    public async Task A_wrong_configuration_is_one_line_on_standard_error()
    {
        using var process = new FrontierProcess("--limits:max_frame_bytes=banana");
        var exitCode = await process.WaitForExitAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exitCode, Is.EqualTo(1));
            Assert.That(process.Error, Has.Count.EqualTo(1));
            Assert.That(process.Error[0], Does.StartWith("frontier: limits.max_frame_bytes: \"banana\" is not "));
            Assert.That(process.Output, Is.Empty);
        }
    }

    [Test]
    public async Task The_log_can_be_json_on_standard_error_and_warns_of_what_has_no_effect()
    {
        using var process = new FrontierProcess([.. OnFreePorts, "--log:format=json", "--log:output=stderr", "--edgebound:bypass_enable=true"]);
        await process.WaitForLineAsync("is up: services on");
        process.Signal("TERM");
        var exitCode = await process.WaitForExitAsync();
        var levels = process.Error.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("LogLevel").GetString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exitCode, Is.Zero);
            Assert.That(levels.Count(level => level == "Warning"), Is.EqualTo(1));
            Assert.That(process.Error.Single(line => line.Contains("\"Warning\"", StringComparison.Ordinal)), Does.Contain("edgebound.bypass_enable"));
            Assert.That(process.Output, Is.Empty);
        }
    }

    [Test]
    public async Task Begun_requests_on_every_port_do_not_use_up_the_descriptors_of_the_process()
    {
        using var process = FrontierProcess.WithDescriptors(1000, [.. OnFreePorts, "--frontier_plane:listen:addr=127.0.0.1:0"]);
        await process.WaitForLineAsync("is up: services on 127.0.0.1:");
        var up = process.Output.Single(line => line.Contains("is up: services on", StringComparison.Ordinal));
        var ports = Regex.Matches(up, @"127\.0\.0\.1:(\d+)").Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).Take(5).ToArray();
        var begun = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 1500; i++)
            {
                foreach (var port in ports)
                {
                    begun.Add(await BeginAsync(port));
                }
            }

            using var http = new HttpClient();
            Assert.That(await http.GetStringAsync(new Uri($"http://127.0.0.1:{ports[^1]}/healthz")), Is.EqualTo("ok"));
        }
        finally
        {
            begun.ForEach(client => client.Dispose());
        }

        process.Signal("TERM");
        Assert.That(await process.WaitForExitAsync(), Is.Zero);
    }

    private static async Task<TcpClient> BeginAsync(int port)
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            await client.GetStream().WriteAsync("GET / HTTP/1.1\r\n"u8.ToArray());
        }
        catch (Exception refusal) when (refusal is IOException or SocketException)
        {
            // Refused, as it may be.
        }

        return client;
    }
}

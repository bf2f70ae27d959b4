using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Frontier.Silo.Tests;

/// <summary>Nothing outside the process can stop work that does not need it: here whoever should read the log, and does not.</summary>
public sealed partial class FullPipeTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Test]
    public async Task A_log_that_nobody_reads_does_not_stop_the_gateway_and_lost_lines_are_counted()
    {
        // Without sampling, which alone would keep the pipe from filling.
        using var process = FrontierProcess.WithUnreadOutput(
        [
            .. Settings.OnFreePorts.Select(key => $"--{key.Key}={key.Value}"),
            "--log:max_repeats=0", "--log:max_repeats_per_source=0", "--log:max_queued_lines=500",
        ]);
        var up = await process.ReadUntilAsync("is up: services on");
        var edges = int.Parse(EdgePort().Match(up).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        var health = new Uri($"http://127.0.0.1:{HealthPort().Match(up).Groups[1].Value}/healthz");
        for (var i = 0; i < 40; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => SendBadFrameAsync(edges)));
        }

        using var http = new HttpClient { Timeout = Deadline };
        Assert.That(await http.GetStringAsync(health), Is.EqualTo("ok"));
        await LogInAsync(edges);

        // Somebody reads again: what was lost is said, on standard error, with the first line that finds room.
        var reading = process.ReadUntilAsync("no such line").ContinueWith(_ => { }, TaskScheduler.Default);
        while (!process.Error.Any(line => line.Contains("dropped", StringComparison.Ordinal)))
        {
            await SendBadFrameAsync(edges);
        }

        process.Signal("TERM");
        Assert.That(await process.WaitForExitAsync(), Is.Zero);
        await reading;
    }

    private static async Task SendBadFrameAsync(int port)
    {
        using var peer = new TcpClient();
        await peer.ConnectAsync("127.0.0.1", port).WaitAsync(Deadline);
        await peer.GetStream().WriteAsync(new byte[] { 9, 9, 9, 9 });
        try
        {
            Assert.That(await peer.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Deadline), Is.Zero);
        }
        catch (IOException)
        {
            // Reset, which is an end as well.
        }
    }

    private static async Task LogInAsync(int port)
    {
        using var peer = new TcpClient();
        await peer.ConnectAsync("127.0.0.1", port).WaitAsync(Deadline);
        byte[] body = [0x18, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. "{\"meta\":\"\"}"u8];
        var frame = new byte[14 + body.Length];
        frame[0] = 1;
        frame[1] = 1; // Conn.
        frame[9] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(10), (uint)body.Length);
        body.CopyTo(frame, 14);
        await peer.GetStream().WriteAsync(frame);
        var answer = new byte[15];
        await peer.GetStream().ReadExactlyAsync(answer).AsTask().WaitAsync(Deadline);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer[1], Is.EqualTo(2), "ConnAck");
            Assert.That(answer[14], Is.Zero, "let in");
        }
    }

    [GeneratedRegex(@"edges on 127\.0\.0\.1:(\d+)")]
    private static partial Regex EdgePort();

    [GeneratedRegex(@"health and metrics on 127\.0\.0\.1:(\d+)")]
    private static partial Regex HealthPort();
}

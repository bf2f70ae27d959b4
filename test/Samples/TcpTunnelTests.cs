using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Frontier.Samples.Tests;

public sealed class TcpTunnelTests
{
    private const string Program = "samples/TcpTunnel";

    [Test]
    public async Task An_http_server_behind_an_edge_is_reached_through_the_tunnel()
    {
        var server = FrontierProgram.FreeAddress();
        var entrance = FrontierProgram.FreeAddress();
        var file = RandomNumberGenerator.GetBytes(3 * 1024 * 1024);
        await using var http = await StartServerAsync(server, file);
        await using var frontier = await FrontierProgram.StartAsync();
        await using var agent = new RunningProgram(Program, "agent", "--gateway", frontier.Edges, "--target", server, "--id", "5");
        await agent.PrintsAsync("Edge 5 exposes");
        await using var entry = new RunningProgram(Program, "entry", "--gateway", frontier.Services, "--listen", entrance, "--edge", "5");
        await entry.PrintsAsync("leads to edge 5");
        using var client = new HttpClient { BaseAddress = new Uri($"http://{entrance}"), Timeout = TimeSpan.FromSeconds(60) };
        Assert.That(await client.GetStringAsync(new Uri("/hello", UriKind.Relative)), Is.EqualTo("hello"));
        Assert.That(await client.GetByteArrayAsync(new Uri("/file", UriKind.Relative)), Is.EqualTo(file));
        var sums = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            using var answer = await client.PostAsync(new Uri("/sum", UriKind.Relative), new ByteArrayContent(file, 0, 100_000 * (i % 5)));
            return await answer.Content.ReadAsStringAsync();
        }));
        Assert.That(sums, Is.EqualTo(Enumerable.Range(0, 20).Select(i => $"{100_000 * (i % 5)}")));
        // The server is gone: who comes is hung up on, and the tunnel stays.
        await http.StopAsync();
        Assert.That(async () => await client.GetStringAsync(new Uri("/hello", UriKind.Relative)), Throws.InstanceOf<HttpRequestException>());
        await using var again = await StartServerAsync(server, file);
        Assert.That(await client.GetStringAsync(new Uri("/hello", UriKind.Relative)), Is.EqualTo("hello"));
        await again.StopAsync();
        Assert.That(await entry.InterruptAsync(), Is.Zero, entry.Output);
        Assert.That(await agent.InterruptAsync(), Is.Zero, agent.Output);
    }

    [Test]
    public async Task A_reset_passes_the_tunnel_as_a_reset_and_an_end_as_an_end_of_one_half_both_ways()
    {
        using var target = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        target.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        target.Listen();
        var entrance = FrontierProgram.FreeAddress();
        await using var frontier = await FrontierProgram.StartAsync();
        await using var agent = new RunningProgram(Program, "agent", "--gateway", frontier.Edges, "--target", $"{target.LocalEndPoint}", "--id", "6");
        await agent.PrintsAsync("Edge 6 exposes");
        await using var entry = new RunningProgram(Program, "entry", "--gateway", frontier.Services, "--listen", entrance, "--edge", "6");
        await entry.PrintsAsync("leads to edge 6");

        var (near, far) = await ConnectAsync(entrance, target);
        foreach (var (from, to) in new[] { (near, far), (far, near) })
        {
            await from.SendAsync("all"u8.ToArray());
            from.Shutdown(SocketShutdown.Send);
            Assert.That(await ReadAsync(to), Is.EqualTo(3));
            Assert.That(await ReadAsync(to), Is.Zero, "an end; the other half goes on");
        }

        foreach (var farResets in new[] { true, false })
        {
            (near, far) = await ConnectAsync(entrance, target);
            var (from, to) = farResets ? (far, near) : (near, far);
            await from.SendAsync("some"u8.ToArray());
            Assert.That(await ReadAsync(to), Is.EqualTo(4));
            Reset(from);
            Assert.That(async () => await ReadAsync(to), Throws.InstanceOf<SocketException>().With.Property("SocketErrorCode").EqualTo(SocketError.ConnectionReset));
        }

        // A program that dies takes its connections along, and none of them looks as if it had ended.
        (near, far) = await ConnectAsync(entrance, target);
        await far.SendAsync("some"u8.ToArray());
        Assert.That(await ReadAsync(near), Is.EqualTo(4));
        agent.Kill();
        Assert.That(async () => await ReadAsync(near), Throws.InstanceOf<SocketException>().With.Property("SocketErrorCode").EqualTo(SocketError.ConnectionReset));

        static async Task<int> ReadAsync(Socket socket)
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            return await socket.ReceiveAsync(new byte[100], deadline.Token);
        }
    }

    private static async Task<(Socket Near, Socket Far)> ConnectAsync(string entrance, Socket target)
    {
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await near.ConnectAsync(IPEndPoint.Parse(entrance));
        return (near, await target.AcceptAsync());
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    private static async Task<WebApplication> StartServerAsync(string address, byte[] file)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{address}");
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        app.MapGet("/hello", () => "hello");
        app.MapGet("/file", () => Results.Bytes(file));
        app.MapPost("/sum", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            return body.Length.ToString();
        });
        await app.StartAsync();
        return app;
    }
}

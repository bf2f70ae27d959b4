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

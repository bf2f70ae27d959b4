using System.Net;
using System.Text.Json;

namespace Frontier.Samples.Tests;

public sealed class GrainServiceTests
{
    [Test]
    public async Task A_web_api_calls_edges_through_grains()
    {
        await using var frontier = await FrontierProgram.StartAsync();
        await using var device = new RunningProgram("samples/DeviceConsole", "device", "--gateway", frontier.Edges, "--id", "9");
        await device.PrintsAsync("Device 9 is online");
        var address = FrontierProgram.FreeAddress();
        await using var api = new RunningProgram("samples/GrainService", "--urls", $"http://{address}", "--Frontier:Gateway", frontier.Grains);
        await api.PrintsAsync("Now listening on");
        using var client = new HttpClient { BaseAddress = new Uri($"http://{address}"), Timeout = TimeSpan.FromSeconds(60) };
        using var called = await client.PostAsync(new Uri("/edges/9/calls/echo", UriKind.Relative), new StringContent("over HTTP"));
        Assert.That(await called.Content.ReadAsStringAsync(), Is.EqualTo("over HTTP"));
        using var sent = await client.PostAsync(new Uri("/edges/9/messages/news", UriKind.Relative), new StringContent("hello"));
        Assert.That(sent.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        await device.PrintsAsync("news: hello");
        using var described = JsonDocument.Parse(await client.GetStringAsync(new Uri("/edges/9", UriKind.Relative)));
        Assert.That(described.RootElement.GetProperty("methods").EnumerateArray().Select(method => method.GetString()), Is.EquivalentTo(new[] { "echo", "uptime" }));
        using var offline = await client.PostAsync(new Uri("/edges/10/calls/echo", UriKind.Relative), new StringContent(""));
        using var problem = JsonDocument.Parse(await offline.Content.ReadAsStringAsync());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(offline.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That(problem.RootElement.GetProperty("title").GetString(), Is.EqualTo("EdgeNotOnline"));
            Assert.That(problem.RootElement.GetProperty("retryable").GetBoolean());
        }

        using var kicked = await client.DeleteAsync(new Uri("/edges/9", UriKind.Relative));
        Assert.That(kicked.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await api.InterruptAsync(), Is.Zero, api.Output);
    }
}

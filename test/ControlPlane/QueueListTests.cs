using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Frontier.ControlPlane.Tests.Support;
using Frontier.ControlPlane.V1;
using ControlPlaneClient = Frontier.ControlPlane.V1.ControlPlane.ControlPlaneClient;

namespace Frontier.ControlPlane.Tests;

public sealed class QueueListTests
{
    [Test]
    public async Task Without_a_queue_the_list_is_empty()
    {
        await using var frontier = await TestFrontier.StartAsync();
        Assert.That(await frontier.Rest().GetStringAsync("/v1/queues"), Is.EqualTo("""{"queues":[],"count":0}"""));
    }

    [Test]
    public async Task A_queue_that_cannot_be_reached_is_shown_with_what_went_wrong()
    {
        // Taken and not listened to: nobody else gets it meanwhile, and who connects is refused.
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var frontier = await TestFrontier.StartAsync(
            ("mqm:redis:enable", "true"), ("mqm:redis:addrs:0", $"127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}"), ("mqm:redis:producer:channels:0", "alarms"));
        var client = new ControlPlaneClient(frontier.Channel());
        var list = new ListQueuesResponse();
        await Eventually.TrueAsync(
            async () =>
            {
                list = await client.ListQueuesAsync(new ListQueuesRequest());
                return list.Queues is [{ State: "down", LastError.Length: > 0 }];
            },
            "the queue is down");
        Assert.That(list.Count, Is.EqualTo(1));
        Assert.That((list.Queues[0].Queue_, list.Queues[0].Process, list.Queues[0].Confirmed), Is.EqualTo(("redis", "frontier-test", 0L)));
        Assert.That(list.Queues[0].LastErrorTime, Is.Positive);

        using var rest = JsonDocument.Parse(await frontier.Rest().GetStringAsync("/v1/queues"));
        var shown = rest.RootElement.GetProperty("queues")[0];
        Assert.That(shown.GetProperty("queue").GetString(), Is.EqualTo("redis"));
        Assert.That(shown.GetProperty("state").GetString(), Is.EqualTo("down"));
        Assert.That(shown.GetProperty("last_error").GetString(), Is.Not.Empty);
    }
}

using System.Net;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Limits;

/// <summary>Edges and services with the Go SDK, which has room for 32 messages that its application has not taken.</summary>
public sealed class MessageWindowTests
{
    private const int Room = 32;
    private const int Burst = 500;

    private TestGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await TestGateway.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [Test]
    public async Task A_plain_peer_takes_a_burst_of_500_messages_without_ever_having_more_than_it_has_room_for([Values] PeerSide side)
    {
        await using var receiver = side == PeerSide.Edge ? await GoPeer.EdgeAsync(_gateway) : await GoPeer.ServiceAsync(_gateway, topics: ["burst"]);
        await using var sender = side == PeerSide.Edge ? await GoPeer.ServiceAsync(_gateway) : await GoPeer.EdgeAsync(_gateway);
        await receiver.ServeEchoAsync("echo");
        var custom = side == PeerSide.Edge ? GoFrame.Id(receiver.Id) : [];
        var sent = Enumerable.Range(0, Burst).Select(i => sender.PublishAsync("burst", BitConverter.GetBytes(i), custom)).ToList();
        for (var i = 0; i < Burst; i++)
        {
            var message = await receiver.TakeAsync(FrameType.Message);
            Assert.That(BitConverter.ToInt32(message.Payload), Is.EqualTo(i), "in order");
            Assert.That(receiver.Inbox.Count(frame => frame.Type == FrameType.Message), Is.LessThan(Room), "the Go SDK would stop for good");
            if (i == 0)
            {
                Assert.That((await sender.CallAsync("echo", "x"u8.ToArray(), custom)).Payload, Is.EqualTo("x"u8.ToArray()), "calls do not wait for messages");
            }

            await receiver.PostAsync(GoPeer.Acknowledge(message));
        }

        var answers = await Task.WhenAll(sent);
        Assert.That(answers.Select(answer => answer.Error), Is.All.Empty);
    }

    [Test]
    public async Task A_loop_over_500_messages_may_call_and_publish_for_each([Values] PeerSide side)
    {
        await using var other = side == PeerSide.Edge
            ? (FrontierClient)await FrontierService.ConnectAsync(new FrontierServiceOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, _gateway.ServicePort), Name = "other", Topics = ["back"] })
            : await FrontierEdge.ConnectAsync(new FrontierEdgeOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, _gateway.EdgePort) });
        await using var looping = side == PeerSide.Edge
            ? (FrontierClient)await FrontierEdge.ConnectAsync(new FrontierEdgeOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, _gateway.EdgePort) })
            : await FrontierService.ConnectAsync(new FrontierServiceOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, _gateway.ServicePort), Name = "loop", Topics = ["burst"] });
        await other.RegisterAsync("loop-echo", Sdk.Echo);
        var taking = AcknowledgeAsync(other);
        var sent = Enumerable.Range(0, Burst).Select(i => PublishAsync(other, looping, "burst", BitConverter.GetBytes(i)).InTime()).ToList();
        var expected = 0;
        await foreach (var message in looping.ReceiveAsync())
        {
            Assert.That(BitConverter.ToInt32(message.Payload.Span), Is.EqualTo(expected), "in order");
            await CallAsync(looping, other).InTime();
            await PublishAsync(looping, other, "back", default).InTime();
            await message.AckAsync();
            if (++expected == Burst)
            {
                break;
            }
        }

        await Task.WhenAll(sent);
        await other.CloseAsync();
        await taking.InTime();

        static Task CallAsync(FrontierClient from, FrontierClient to) => from is FrontierEdge edge
            ? edge.CallAsync("loop-echo", default).AsTask()
            : ((FrontierService)from).CallAsync(((FrontierEdge)to).EdgeId, "loop-echo", default).AsTask();

        static Task PublishAsync(FrontierClient from, FrontierClient to, string topic, byte[]? payload) => from is FrontierEdge edge
            ? edge.PublishAsync(topic, payload).AsTask()
            : ((FrontierService)from).PublishAsync(((FrontierEdge)to).EdgeId, topic, payload).AsTask();

        static async Task AcknowledgeAsync(FrontierClient client)
        {
            await foreach (var message in client.ReceiveAsync())
            {
                await message.AckAsync();
            }
        }
    }
}

using System.Text;
using Frontier.Cluster.Tests.Support;

namespace Frontier.Cluster.Tests.Exchange;

/// <summary>Edges and services on different gateways, in processes of their own. What holds on one gateway is tested in full for two by test/AcrossGateways.</summary>
[TestFixture]
internal sealed class AcrossGatewaysTests : SharedClusterFixture
{
    [Test]
    public async Task Calls_messages_and_streams_go_both_ways()
    {
        await using var service = await Gateways[0].ConnectServiceAsync("across", ["readings"]);
        await service.RegisterAsync("echo", (request, _) => ValueTask.FromResult<CallResponse>(request.Payload));
        await using var edge = await Gateways[1].ConnectEchoEdgeAsync();

        Assert.That((await edge.CallAsync("echo", "up"u8.ToArray())).Payload.ToArray(), Is.EqualTo("up"u8.ToArray()));
        Assert.That((await service.CallAsync(edge.EdgeId, "echo", "down"u8.ToArray())).Payload.ToArray(), Is.EqualTo("down"u8.ToArray()));

        var received = TakeOneAsync(service);
        await edge.PublishAsync("readings", "21.5"u8.ToArray()).AsTask().InTime();
        Assert.That(await received.InTime(), Is.EqualTo(("21.5", edge.EdgeId)));
        received = TakeOneAsync(edge);
        await service.PublishAsync(edge.EdgeId, "", "set 22"u8.ToArray()).AsTask().InTime();
        Assert.That((await received.InTime()).Text, Is.EqualTo("set 22"));

        var accepted = AcceptOneAsync(edge);
        await using var opened = await service.OpenStreamAsync(edge.EdgeId).InTime();
        await using var stream = await accepted.InTime();
        var sent = new byte[3_000_000];
        new Random(1).NextBytes(sent);
        var writing = opened.WriteAsync(sent).AsTask();
        var arrived = new byte[sent.Length];
        await stream.ReadExactlyAsync(arrived).AsTask().InTime();
        await writing.InTime();
        Assert.That(arrived, Is.EqualTo(sent));
    }

    [Test]
    public async Task A_stream_that_nobody_reads_holds_up_neither_streams_nor_calls_between_others_of_the_same_gateways()
    {
        await using var slow = await Gateways[0].ConnectServiceAsync("slow");
        await using var service = await Gateways[0].ConnectServiceAsync("quick");
        await using var edge = await Gateways[1].ConnectEchoEdgeAsync();
        await using var other = await Gateways[1].ConnectEchoEdgeAsync();
        var accepted = AcceptOneAsync(slow);
        await using var stuck = await edge.OpenStreamAsync("slow").InTime();
        await using var unread = await accepted.InTime();
        // Until nothing more is taken: the stream's credit has run out.
        using var full = new CancellationTokenSource();
        var filling = FillAsync(stuck, full.Token);

        for (var i = 0; i < 20; i++)
        {
            Assert.That((await service.CallAsync(other.EdgeId, "echo", BitConverter.GetBytes(i)).AsTask().InTime()).Payload.ToArray(), Is.EqualTo(BitConverter.GetBytes(i)));
        }

        accepted = AcceptOneAsync(service);
        await using var second = await other.OpenStreamAsync("quick").InTime();
        await using var read = await accepted.InTime();
        await second.WriteAsync("through"u8.ToArray()).AsTask().InTime();
        var text = new byte[7];
        await read.ReadExactlyAsync(text).AsTask().InTime();
        Assert.That(text, Is.EqualTo("through"u8.ToArray()));
        await full.CancelAsync();
        await filling;
    }

    [Test]
    public async Task Messages_from_one_sender_arrive_in_order_from_the_first_one_on()
    {
        const int Count = 500;
        await using var service = await Gateways[0].ConnectServiceAsync("ordered");
        await using var edge = await Gateways[2].ConnectEdgeAsync();
        var taken = new List<int>();
        var receiving = Task.Run(async () =>
        {
            await foreach (var message in edge.ReceiveAsync())
            {
                taken.Add(BitConverter.ToInt32(message.Payload.Span));
                await message.AckAsync();
                if (taken.Count == Count)
                {
                    return;
                }
            }
        });
        await Task.WhenAll(Enumerable.Range(0, Count).Select(i => service.PublishAsync(edge.EdgeId, "", BitConverter.GetBytes(i)).AsTask())).InTime();
        await receiving.InTime();
        Assert.That(taken, Is.EqualTo(Enumerable.Range(0, Count)));
    }

    [Test]
    public async Task Who_is_not_there_is_said_to_be_not_online()
    {
        await using var service = await Gateways[0].ConnectServiceAsync("asking");
        var error = await Assert.ThrowsAsync<FrontierException>(async () => await service.CallAsync(404, "echo", default));
        Assert.That(error!.Message, Is.EqualTo("edge not online"));
        error = await Assert.ThrowsAsync<FrontierException>(async () => await service.OpenStreamAsync(404));
        Assert.That(error!.Message, Is.EqualTo("edge not online"));
    }

    private static async Task FillAsync(FrontierStream stream, CancellationToken cancellationToken)
    {
        var block = new byte[64 * 1024];
        try
        {
            while (true)
            {
                await stream.WriteAsync(block, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }

    private static async Task<(string Text, ulong EdgeId)> TakeOneAsync(FrontierClient client)
    {
        await foreach (var message in client.ReceiveAsync())
        {
            await message.AckAsync();
            return (Encoding.UTF8.GetString(message.Payload.Span), message.EdgeId);
        }

        throw new InvalidOperationException("Nothing came.");
    }

    private static async Task<FrontierStream> AcceptOneAsync(FrontierClient client)
    {
        await foreach (var stream in client.AcceptStreamsAsync())
        {
            return stream;
        }

        throw new InvalidOperationException("Nobody came.");
    }
}

using System.Text;
using Frontier.Protocol;

namespace Frontier.Client.Tests;

public sealed class OfflineQueueTests
{
    [Test]
    public async Task Without_a_queue_publishing_while_disconnected_fails_at_once()
    {
        await using var gateway = new TestGateway();
        var edge = await DisconnectedAsync(gateway, 0);
        await using var _ = edge;
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => edge.PublishAsync("t", default).InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
    }

    [Test]
    public async Task Messages_wait_in_their_order_and_go_before_later_ones()
    {
        await using var gateway = new TestGateway();
        var edge = await DisconnectedAsync(gateway, 100);
        await using var _ = edge;
        var publishing = Enumerable.Range(0, 50).Select(i => edge.PublishAsync("t", BitConverter.GetBytes(i)).AsTask()).ToArray();
        var later = Task.Run(async () =>
        {
            await edge.WaitUntilConnectedAsync();
            await edge.PublishAsync("t", BitConverter.GetBytes(50));
        });
        gateway.Login = TestLogin.Accept;
        await Task.WhenAll([.. publishing, later]).InTime();
        GatewayEnd end;
        do
        {
            end = await gateway.NextAsync();
        }
        while (end.Seen.IsEmpty);
        Assert.That(end.Seen.Select(message => BitConverter.ToInt32(message.Payload)), Is.EqualTo(Enumerable.Range(0, 51)));
    }

    [Test]
    public async Task No_more_wait_than_allowed_and_none_longer_than_its_time_or_its_sender()
    {
        await using var gateway = new TestGateway();
        var edge = await DisconnectedAsync(gateway, 2);
        using var giveUp = new CancellationTokenSource();
        var first = edge.PublishAsync("t", default, cancellationToken: giveUp.Token).AsTask();
        var second = edge.PublishAsync("t", default, new PublishOptions { Timeout = TimeSpan.FromMilliseconds(100) }).AsTask();
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => edge.PublishAsync("t", default).InTime()))!.Code, Is.EqualTo(FrontierErrorCode.RateLimited));
        giveUp.Cancel();
        await Assert.CatchAsync<OperationCanceledException>(() => first.InTime());
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => second.InTime()))!.Code, Is.EqualTo(FrontierErrorCode.Timeout));
        var third = edge.PublishAsync("t", default).AsTask(); // There is room again.
        await edge.DisposeAsync().AsTask().InTime();
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => third.InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => edge.PublishAsync("t", default).InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
    }

    [Test]
    public async Task A_time_limit_that_makes_no_sense_is_refused_at_once_and_the_client_goes_on()
    {
        await using var gateway = new TestGateway();
        var edge = await DisconnectedAsync(gateway, 10);
        await using var _ = edge;
        foreach (var limit in new[] { TimeSpan.FromSeconds(-1), TimeSpan.Zero })
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await edge.PublishAsync("t", default, new PublishOptions { Timeout = limit }));
        }

        var patient = edge.PublishAsync("t", Encoding.UTF8.GetBytes("patient"), new PublishOptions { Timeout = TimeSpan.MaxValue }).AsTask();
        gateway.Login = TestLogin.Accept;
        await edge.WaitUntilConnectedAsync().InTime();
        await patient.InTime();
        Assert.That(edge.State, Is.EqualTo(FrontierConnectionState.Connected));
    }

    [Test]
    public async Task A_message_that_cannot_be_sent_fails_for_its_publisher_and_holds_up_nothing()
    {
        await using var gateway = new TestGateway();
        var edge = await DisconnectedAsync(gateway, 10);
        await using var _ = edge;
        var large = edge.PublishAsync("t", new byte[edge.Options.Connection.MaxFrameBytes + 1]).AsTask();
        var next = edge.PublishAsync("t", Encoding.UTF8.GetBytes("next")).AsTask();
        gateway.Login = TestLogin.Accept;
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => large.InTime()))!.Code, Is.EqualTo(FrontierErrorCode.TooLarge));
        await next.InTime();
    }

    [Test]
    public async Task A_message_that_was_sent_is_never_sent_again()
    {
        await using var gateway = new TestGateway { OnRequest = (_, _) => { } };
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Reconnect = Fast.Reconnect, OfflineQueueCapacity = 10 });
        await using var _ = edge;
        var sent = edge.PublishAsync("t", Encoding.UTF8.GetBytes("once")).AsTask();
        await Soon.UntilAsync(() => !end.Seen.IsEmpty, "it is there");
        end.Cut();
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => sent.InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
        gateway.OnRequest = (to, request) => to.Answer(request);
        var next = await gateway.NextAsync();
        await edge.WaitUntilConnectedAsync().InTime();
        await edge.PublishAsync("t", Encoding.UTF8.GetBytes("twice")).InTime();
        Assert.That(next.Seen.Select(message => Encoding.UTF8.GetString(message.Payload)), Is.EqualTo(new[] { "twice" }));
    }

    private static async Task<FrontierEdge> DisconnectedAsync(TestGateway gateway, int capacity)
    {
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Reconnect = Fast.Reconnect, OfflineQueueCapacity = capacity });
        gateway.RefusalText = FrontierErrorText.InternalError;
        gateway.Login = TestLogin.Refuse;
        end.Abort(DisconnectReason.Kicked);
        await Soon.UntilAsync(() => edge.State == FrontierConnectionState.Reconnecting, "the connection is gone");
        return edge;
    }
}

using System.Collections.Concurrent;
using System.Text;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Mail;

/// <summary>Messages that services give a time to live, for edges that are not online.</summary>
public sealed class EdgeMailTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private TestGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await TestGateway.StartAsync(
        ("edges:retain", "true"), ("edges:max_messages", "100"), ("edges:max_lifetime", "1h"));

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [Test]
    public async Task An_edge_that_returns_gets_what_waits_for_it_in_order_and_the_service_hears_of_it()
    {
        const ulong EdgeId = 7001;
        await using var service = await ConnectServiceAsync();
        var reports = await ReportsAsync(service);
        var ids = new List<string>();
        for (var i = 0; i < 100; i++)
        {
            var options = new PublishOptions { Custom = "beside"u8.ToArray() };
            ids.Add((await service.PublishOrKeepAsync(EdgeId, "news", Encoding.UTF8.GetBytes($"{i}"), Hour, options).InTime()).Id);
        }

        await Sdk.FailsAsync(FrontierErrorCode.SlowConsumer, "slow consumer", () => service.PublishOrKeepAsync(EdgeId, "news", default, Hour));

        await using var edge = await _gateway.ConnectEdgeAsync(EdgeId);
        var log = edge.KeepMessages();
        await Eventually.HoldsAsync(() => log.Messages.Count == 100, "all have come");
        await Eventually.HoldsAsync(() => reports.Count == 100, "the service knows it");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(log.Messages.Select(message => Encoding.UTF8.GetString(message.Payload.Span)), Is.EqualTo(Enumerable.Range(0, 100).Select(i => $"{i}")));
            Assert.That(log.Messages.Select(message => message.Id), Is.EqualTo(ids));
            Assert.That(ids, Is.Unique);
            Assert.That(log.Messages.Select(message => (message.Topic, Encoding.UTF8.GetString(message.Custom.Span))), Is.All.EqualTo(("news", "beside")));
            Assert.That(reports.Select(report => report.Id), Is.EquivalentTo(ids));
            Assert.That(reports.Select(report => (report.EdgeId, report.Outcome, report.Error)), Is.All.EqualTo((EdgeId, EdgeMessageOutcome.Delivered, "")));
        }

        // The box is found empty after the last report.
        await Eventually.HoldsAsync(
            async () => !(await service.PublishOrKeepAsync(EdgeId, "", "now"u8.ToArray(), Hour)).IsKept, "newer ones go straight to the edge again");
    }

    [Test]
    public async Task A_message_whose_edge_does_not_come_in_time_expires_and_the_service_hears_of_it()
    {
        await using var service = await ConnectServiceAsync();
        var reports = await ReportsAsync(service);
        var receipt = await service.PublishOrKeepAsync(7002, "news", "late"u8.ToArray(), TimeSpan.FromMilliseconds(1)).InTime();

        await Eventually.HoldsAsync(() => !reports.IsEmpty, "the service knows it");
        Assert.That(reports.Single(), Is.EqualTo(new EdgeMessageReport(receipt.Id, 7002, EdgeMessageOutcome.Expired, "")));
    }

    [Test]
    public async Task A_message_cannot_wait_longer_than_the_gateway_allows()
    {
        await using var service = await ConnectServiceAsync();
        var error = await Sdk.CatchAsync(() => service.PublishOrKeepAsync(7003, "", default, 2 * Hour));
        Assert.That(error.Code, Is.EqualTo(FrontierErrorCode.Refused), error.Message);
    }

    [TestCase("", TestName = "A_message_to_keep_without_anything_is_refused")]
    [TestCase("0000000000000000 0000", TestName = "A_message_to_keep_for_no_time_is_refused")]
    [TestCase("ffffffffffffffff 0000", TestName = "A_message_to_keep_for_less_than_no_time_is_refused")]
    [TestCase("7fffffffffffffff 0000", TestName = "A_message_to_keep_for_longer_than_there_is_time_is_refused")]
    [TestCase("0000000000000001 0002 61", TestName = "A_message_to_keep_with_a_topic_beyond_its_end_is_refused")]
    [TestCase("0000000000000001 0001 ff", TestName = "A_message_to_keep_with_a_topic_that_is_not_UTF8_is_refused")]
    public async Task A_message_to_keep_that_is_none_is_refused(string payload)
    {
        await using var service = await ConnectServiceAsync();
        var error = await Sdk.CatchAsync(() => service.CallAsync(7006, "keep_for_edge", Convert.FromHexString(payload.Replace(" ", ""))).AsTask());
        Assert.That(error.Code, Is.EqualTo(FrontierErrorCode.Protocol), error.Message);
    }

    [Test]
    public async Task A_program_learns_what_became_of_its_message()
    {
        const ulong EdgeId = 7004;
        var mail = _gateway.Grains.GetEdgeMail(EdgeId);
        var id = await mail.PublishAsync(new EdgeMail("news", "hello"u8.ToArray(), default, Hour)).InTime();
        var outcome = mail.WaitAsync(id);
        await using var edge = await _gateway.ConnectEdgeAsync(EdgeId);
        var message = await edge.ReceiveAsync().NextAsync().InTime();
        await message.AckAsync();

        Assert.That(message.Id, Is.EqualTo(id));
        Assert.That(await outcome.InTime(), Is.EqualTo(EdgeMailOutcome.Delivered));
    }

    [Test]
    public async Task A_plain_service_is_told_that_its_messages_cannot_wait_and_an_ordinary_publish_is_as_ever()
    {
        await using var service = await _gateway.ConnectServiceAsync(configure: options => options with { Features = PeerFeatures.None });
        var error = await Sdk.CatchAsync(() => service.PublishOrKeepAsync(7005, "", default, Hour));
        Assert.That(error.Code, Is.EqualTo(FrontierErrorCode.Refused));
        await Sdk.FailsAsync(FrontierErrorCode.EdgeNotOnline, "edge not online", () => service.PublishAsync(7005, "", default).AsTask());
    }

    private static async Task<ConcurrentQueue<EdgeMessageReport>> ReportsAsync(FrontierService service)
    {
        var reports = new ConcurrentQueue<EdgeMessageReport>();
        await service.OnEdgeMessageOutcomeAsync((report, _) =>
        {
            reports.Enqueue(report);
            return ValueTask.CompletedTask;
        });
        return reports;
    }

    // Whatever kind of ends the fixtures before it were about.
    private Task<FrontierService> ConnectServiceAsync() =>
        _gateway.ConnectServiceAsync(configure: options => options with { Features = new FrontierEdgeOptions().Features });
}

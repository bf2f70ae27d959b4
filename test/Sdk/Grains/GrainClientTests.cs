using Frontier.Client;
using Frontier.Client.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Frontier.Sdk.Tests.Grains;

public sealed class GrainClientTests
{
    private LiveGateway _gateway = null!;
    private IHost _host = null!;
    private IFrontier _frontier = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _gateway = await LiveGateway.StartAsync();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddFrontierClient(options => options.Gateways.Add(_gateway.GrainEndPoint));
        _host = builder.Build();
        await _host.StartAsync();
        _frontier = _host.Services.GetRequiredService<IFrontier>();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _host.StopAsync();
        _host.Dispose();
        await _gateway.DisposeAsync();
    }

    [Test]
    public async Task An_edge_is_called_sent_a_message_described_and_kicked()
    {
        await using var edge = await FrontierEdge.ConnectAsync(_gateway.EdgeOptions with { Meta = "pump"u8.ToArray(), Methods = Support.EchoMethod, Reconnect = null });
        var client = _frontier.Edge(edge.EdgeId);
        var response = await client.CallAsync("echo", new byte[] { 1, 2 }).InTime();
        Assert.That(response.Payload.ToArray(), Is.EqualTo(new byte[] { 1, 2 }));
        await using var messages = edge.ReceiveAsync().GetAsyncEnumerator();
        var published = client.PublishAsync("news", new byte[] { 3 });
        Assert.That(await messages.MoveNextAsync().InTime());
        Assert.That(messages.Current.Topic, Is.EqualTo("news"));
        await messages.Current.AckAsync();
        await published.InTime();
        var description = await client.DescribeAsync().InTime();
        Assert.That(description!.Meta.ToArray(), Is.EqualTo("pump"u8.ToArray()));
        Assert.That(await client.KickAsync().InTime());
        await edge.Completion.InTime();
        await Support.UntilAsync(() => client.DescribeAsync().GetAwaiter().GetResult() is null, "the edge is gone");
    }

    [Test]
    public async Task A_service_and_a_topic_are_reached()
    {
        await using var service = await FrontierService.ConnectAsync(_gateway.ServiceOptions with { Name = "svc", Topics = ["grain-topic"], Methods = Support.EchoMethod });
        var client = _frontier.Service(service.ServiceId);
        Assert.That((await client.CallAsync("echo", new byte[] { 1 }).InTime()).Payload.Length, Is.EqualTo(1));
        Assert.That((await client.DescribeAsync().InTime())!.Name, Is.EqualTo("svc"));
        var topic = _frontier.Topic("grain-topic");
        await Support.UntilAsync(() => topic.CountSubscribersAsync().GetAwaiter().GetResult() == 1, "the topic knows its subscriber");
        await using var messages = service.ReceiveAsync().GetAsyncEnumerator();
        var published = topic.PublishAsync(42, new byte[] { 3 }, new PublishOptions { Custom = new byte[] { 9 } });
        Assert.That(await messages.MoveNextAsync().InTime());
        Assert.That((messages.Current.EdgeId, messages.Current.Custom.Length), Is.EqualTo((42UL, 1)));
        await messages.Current.AckAsync();
        await published.InTime();
    }

    [Test]
    public async Task Errors_keep_their_code_their_text_and_whether_it_is_of_use_to_try_again()
    {
        await using var edge = await FrontierEdge.ConnectAsync(_gateway.EdgeOptions);
        await edge.RegisterAsync("fail", (_, _) => throw new FrontierException(FrontierErrorCode.Unknown, "no ink"));
        var failed = await Assert.ThrowsAsync<FrontierException>(() => _frontier.Edge(edge.EdgeId).CallAsync("fail", default).InTime());
        Assert.That((failed!.Code, failed.PeerText, failed.IsRetryable), Is.EqualTo((FrontierErrorCode.Unknown, "no ink", false)));
        var offline = await Assert.ThrowsAsync<FrontierException>(() => _frontier.Edge(404).CallAsync("any", default).InTime());
        Assert.That((offline!.Code, offline.IsRetryable), Is.EqualTo((FrontierErrorCode.EdgeNotOnline, true)));
        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();
        await Assert.CatchAsync<OperationCanceledException>(() => _frontier.Edge(404).CallAsync("any", default, cancellationToken: canceled.Token).InTime());
    }

    [Test]
    public async Task Canceling_reaches_the_edges_handler()
    {
        await using var edge = await FrontierEdge.ConnectAsync(_gateway.EdgeOptions);
        var started = new TaskCompletionSource();
        var canceled = new TaskCompletionSource();
        await edge.RegisterAsync("wait", async (_, token) =>
        {
            using var registration = token.Register(canceled.SetResult);
            started.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return default;
        });
        using var giveUp = new CancellationTokenSource();
        var call = _frontier.Edge(edge.EdgeId).CallAsync("wait", default, cancellationToken: giveUp.Token);
        await started.Task.InTime();
        await giveUp.CancelAsync();
        await canceled.Task.InTime();
        await Assert.CatchAsync<OperationCanceledException>(() => call.InTime());
    }

    [Test]
    public void Wrong_options_are_named_when_they_are_given()
    {
        var services = new ServiceCollection();
        Assert.Multiple(() =>
        {
            Assert.That(Assert.Throws<ArgumentException>(() => services.AddFrontierClient(_ => { }))!.ParamName, Is.EqualTo("Gateways"));
            Assert.That(Assert.Throws<ArgumentException>(() => services.AddFrontierClient(o => (o.Redis, o.ClusterId) = ("redis:6379", "")))!.ParamName, Is.EqualTo("ClusterId"));
        });
    }
}

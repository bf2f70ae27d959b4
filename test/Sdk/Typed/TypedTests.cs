using System.Text.Json.Serialization;
using Frontier.Client;

namespace Frontier.Sdk.Tests.Typed;

public sealed partial class TypedTests
{
    private LiveGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await LiveGateway.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [Test]
    public async Task Values_go_both_ways_with_named_json_types()
    {
        await using var service = await FrontierService.ConnectAsync(_gateway.ServiceOptions with { Name = "typed", Topics = ["readings"] });
        await service.RegisterAsync(
            "average", (Reading reading, FrontierRequest request, CancellationToken _) => ValueTask.FromResult(new Average(reading.Values.Average(), request.EdgeId)), Json.Default.Reading, Json.Default.Average);
        await using var edge = await FrontierEdge.ConnectAsync(_gateway.EdgeOptions);
        var average = await edge.CallAsync("average", new Reading([1, 2, 6]), Json.Default.Reading, Json.Default.Average).InTime();
        Assert.That(average, Is.EqualTo(new Average(3, edge.EdgeId)));
        await using var messages = service.ReceiveAsync().GetAsyncEnumerator();
        var published = edge.PublishAsync("readings", new Reading([4]), Json.Default.Reading);
        Assert.That(await messages.MoveNextAsync().InTime());
        Assert.That(messages.Current.Read(Json.Default.Reading).Values, Is.EqualTo(new[] { 4.0 }));
        await messages.Current.AckAsync();
        await published.InTime();
    }

    [Test]
    public async Task Values_go_both_ways_with_the_serializer_of_the_options()
    {
        var serializer = new JsonPayloadSerializer(Json.Default);
        await using var edge = await FrontierEdge.ConnectAsync(_gateway.EdgeOptions with { Serializer = serializer });
        await edge.RegisterAsync<Reading, Average>("average", (reading, _, _) => new(new Average(reading.Values.Average(), 0)));
        await using var service = await FrontierService.ConnectAsync(_gateway.ServiceOptions with { Serializer = serializer });
        Assert.That((await service.CallAsync<Reading, Average>(edge.EdgeId, "average", new Reading([1, 2])).InTime()).Value, Is.EqualTo(1.5));
        await using var plain = await FrontierEdge.ConnectAsync(_gateway.EdgeOptions);
        await Assert.ThrowsAsync<InvalidOperationException>(() => plain.CallAsync<Reading, Average>("average", new Reading([])).InTime());
    }

    [Test]
    public async Task A_payload_that_is_something_else_is_a_typed_error_on_either_side()
    {
        await using var edge = await FrontierEdge.ConnectAsync(_gateway.EdgeOptions);
        await edge.RegisterAsync("typed", (Reading _, FrontierRequest _, CancellationToken _) => ValueTask.FromResult(new Average(0, 0)), Json.Default.Reading, Json.Default.Average);
        await edge.RegisterAsync("garbage", (_, _) => ValueTask.FromResult<CallResponse>("no json"u8.ToArray()));
        await using var service = await FrontierService.ConnectAsync(_gateway.ServiceOptions);
        var refused = await Assert.ThrowsAsync<FrontierException>(() => service.CallAsync(edge.EdgeId, "typed", "no json"u8.ToArray()).InTime());
        Assert.That(refused!.PeerText, Does.StartWith("The payload is no Reading"));
        var garbage = await Assert.ThrowsAsync<FrontierException>(() => service.CallAsync(edge.EdgeId, "garbage", new Reading([]), Json.Default.Reading, Json.Default.Average).InTime());
        Assert.That((garbage!.Code, garbage.PeerText), Is.EqualTo((FrontierErrorCode.Protocol, (string?)null)));
    }

    internal sealed record Reading(double[] Values);

    internal sealed record Average(double Value, ulong EdgeId);

    [JsonSerializable(typeof(Reading))]
    [JsonSerializable(typeof(Average))]
    internal sealed partial class Json : JsonSerializerContext;
}

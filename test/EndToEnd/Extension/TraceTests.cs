using System.Diagnostics;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Extension;

/// <summary>A trace goes on at the other end, whichever way a call or message goes.</summary>
[TestFixture(PeerSide.Edge)]
[TestFixture(PeerSide.Service)]
public sealed class TraceTests(PeerSide sender)
{
    private static TestGateway Gateway => SharedGateway.Gateway;

    private static PeerFeatures Extended => new FrontierEdgeOptions().Features;

    [Test]
    public async Task A_handler_knows_the_span_of_its_caller([Values] bool inStream, [Values] bool isPlain)
    {
        await using var service = await Gateway.ConnectServiceAsync("traced", configure: options => options with { Features = FeaturesOf(PeerSide.Service, isPlain) });
        await using var edge = await Gateway.ConnectEdgeAsync(configure: options => options with { Features = FeaturesOf(PeerSide.Edge, isPlain) });
        FrontierClient receiver = sender == PeerSide.Edge ? service : edge;
        var seen = new TaskCompletionSource<ActivityContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        ValueTask<CallResponse> Note(FrontierRequest request, CancellationToken cancellationToken)
        {
            seen.TrySetResult(request.TraceContext);
            return default;
        }

        using var span = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C);
        if (inStream)
        {
            var accepting = receiver.AcceptStreamsAsync().NextAsync();
            await using var opened = await (sender == PeerSide.Edge ? edge.OpenStreamAsync("traced") : service.OpenStreamAsync(edge.EdgeId)).InTime();
            await using var accepted = await accepting.InTime();
            await accepted.RegisterAsync("traced", Note).InTime();
            span.Start();
            await opened.CallAsync("traced", default).InTime();
        }
        else
        {
            await receiver.RegisterAsync("traced", Note).InTime();
            span.Start();
            await (sender == PeerSide.Edge ? edge.CallAsync("traced", default) : service.CallAsync(edge.EdgeId, "traced", default)).InTime();
        }

        AssertIsOf(span, await seen.Task.InTime(), isPlain);
    }

    [Test]
    public async Task A_message_says_the_span_of_its_sender([Values] bool isPlain)
    {
        await using var service = await Gateway.ConnectServiceAsync(
            topics: ["traced"], configure: options => options with { Features = FeaturesOf(PeerSide.Service, isPlain) });
        await using var edge = await Gateway.ConnectEdgeAsync(configure: options => options with { Features = FeaturesOf(PeerSide.Edge, isPlain) });
        FrontierClient receiver = sender == PeerSide.Edge ? service : edge;
        var receiving = receiver.ReceiveAsync().NextAsync();
        using var span = new Activity("sender").SetIdFormat(ActivityIdFormat.W3C).Start();
        var publishing = sender == PeerSide.Edge ? edge.PublishAsync("traced", default) : service.PublishAsync(edge.EdgeId, "", default);
        var message = await receiving.InTime();
        await message.AckAsync();
        await publishing.InTime();

        AssertIsOf(span, message.TraceContext, isPlain);
    }

    [Test]
    public async Task A_program_that_calls_through_a_grain_is_traced_too()
    {
        await using var service = await Gateway.ConnectServiceAsync();
        await using var edge = await Gateway.ConnectEdgeAsync();
        FrontierClient receiver = sender == PeerSide.Edge ? service : edge;
        var seen = new TaskCompletionSource<ActivityContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        await receiver.RegisterAsync("traced", (request, _) =>
        {
            seen.TrySetResult(request.TraceContext);
            return default;
        }).InTime();
        using var span = new Activity("program").SetIdFormat(ActivityIdFormat.W3C).Start();
        var request = new CallRequest("traced", default, new byte[sizeof(ulong)]) { Trace = TraceField.Capture() };
        await (sender == PeerSide.Edge
            ? Gateway.Grains.GetService(service.ServiceId).CallAsync(request)
            : Gateway.Grains.GetEdge(edge.EdgeId).CallAsync(request)).InTime();

        AssertIsOf(span, await seen.Task.InTime(), isPlain: false);
    }

    private static void AssertIsOf(Activity span, ActivityContext seen, bool isPlain) =>
        Assert.That(
            seen,
            Is.EqualTo(isPlain ? default : new ActivityContext(span.TraceId, span.SpanId, span.ActivityTraceFlags, isRemote: true)));

    // One plain end is enough for a trace to end there.
    private PeerFeatures FeaturesOf(PeerSide side, bool isPlain) => isPlain && side != sender ? PeerFeatures.None : Extended;
}

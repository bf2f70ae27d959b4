using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;

namespace Frontier.EndToEnd.Tests.Extension;

/// <summary>Who gives up on a call is heard by the handler, whichever way the call goes.</summary>
[TestFixture(PeerSide.Edge)]
[TestFixture(PeerSide.Service)]
public sealed class CancelTests(PeerSide caller)
{
    private static TestGateway Gateway => SharedGateway.Gateway;

    [Test]
    public async Task A_handler_hears_that_its_caller_gave_up([Values] bool inStream, [Values] bool callerIsPlainInBodies, [Values] bool handlerIsPlainInBodies)
    {
        var service = await Gateway.ConnectServiceAsync("cancels", configure: options => options with { Features = Features(caller == PeerSide.Service ? callerIsPlainInBodies : handlerIsPlainInBodies) });
        await using var first = service;
        var edge = await Gateway.ConnectEdgeAsync(configure: options => options with { Features = Features(caller == PeerSide.Edge ? callerIsPlainInBodies : handlerIsPlainInBodies) });
        await using var second = edge;
        FrontierClient handler = caller == PeerSide.Edge ? service : edge;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        async ValueTask<CallResponse> Wait(FrontierRequest request, CancellationToken cancellationToken)
        {
            started.TrySetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                ended.TrySetResult();
            }

            return default;
        }

        using var giveUp = new CancellationTokenSource();
        Task call;
        FrontierStream? opened = null, accepted = null;
        if (inStream)
        {
            var accepting = handler.AcceptStreamsAsync().NextAsync();
            opened = await (caller == PeerSide.Edge ? edge.OpenStreamAsync("cancels") : service.OpenStreamAsync(edge.EdgeId)).InTime();
            accepted = await accepting.InTime();
            await accepted.RegisterAsync("wait", Wait).InTime();
            call = opened.CallAsync("wait", default, cancellationToken: giveUp.Token).AsTask();
        }
        else
        {
            await handler.RegisterAsync("wait", Wait).InTime();
            call = caller == PeerSide.Edge
                ? edge.CallAsync("wait", default, cancellationToken: giveUp.Token).AsTask()
                : service.CallAsync(edge.EdgeId, "wait", default, cancellationToken: giveUp.Token).AsTask();
        }

        await started.Task.InTime();
        await giveUp.CancelAsync();
        await Assert.CatchAsync<OperationCanceledException>(() => call.InTime());
        await ended.Task.InTime();
        foreach (var stream in new[] { opened, accepted }.OfType<FrontierStream>())
        {
            await stream.DisposeAsync();
        }
    }

    private static Protocol.PeerFeatures Features(bool plainBodies) =>
        plainBodies ? Protocol.PeerFeatures.RequestCancel : new FrontierEdgeOptions().Features;
}

using System.Collections.Concurrent;

namespace Frontier.Grains.Tests.Support;

/// <summary>A session without a socket: notes what reaches it and answers as the test says.</summary>
internal sealed class FakeLink(FakeGateway gateway, ulong id, long epoch) : IEdgeLink, IServiceLink
{
    public ulong Id => id;

    public long Epoch => epoch;

    public ConcurrentQueue<CallRequest> Calls { get; } = [];

    public ConcurrentQueue<MessageRequest> Messages { get; } = [];

    public ConcurrentQueue<SessionCloseReason> Closes { get; } = [];

    public Func<CallRequest, CancellationToken, Task<CallResult>> OnCall { get; set; } =
        (request, _) => Task.FromResult(new CallResult(request.Payload, request.Custom));

    public Func<MessageRequest, CancellationToken, Task> OnMessage { get; set; } = (_, _) => Task.CompletedTask;

    public Task<CallResult> CallAsync(CallRequest request, CancellationToken cancellationToken)
    {
        Calls.Enqueue(request);
        return OnCall(request, cancellationToken);
    }

    public Task PublishAsync(MessageRequest message, CancellationToken cancellationToken)
    {
        Messages.Enqueue(message);
        return OnMessage(message, cancellationToken);
    }

    public void Close(SessionCloseReason reason)
    {
        Closes.Enqueue(reason);
        gateway.Forget(this);
    }

    EdgeDescription IEdgeLink.Describe() => new(id, epoch, gateway.GatewayId, "10.0.0.1:5", new byte[] { 7 }, DateTimeOffset.UnixEpoch, ["reboot"]);

    ServiceDescription IServiceLink.Describe() =>
        new(id, epoch, gateway.GatewayId, "10.0.0.2:6", "billing", DateTimeOffset.UnixEpoch, ["charge"], ["invoices"]);
}

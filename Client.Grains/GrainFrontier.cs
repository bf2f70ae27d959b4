using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.Client.Grains;

/// <summary><see cref="IFrontier"/> over the cluster's grains.</summary>
/// <param name="grains">The Orleans client.</param>
internal sealed class GrainFrontier(IGrainFactory grains) : IFrontier
{
    public IEdgeClient Edge(ulong edgeId) =>
        GrainErrors.Translate(() => new EdgeClient(edgeId, grains.GetEdge(edgeId), grains.GetEdgeMail(edgeId)));

    public IServiceClient Service(ulong serviceId) => GrainErrors.Translate(() => new ServiceClient(serviceId, grains.GetService(serviceId)));

    public ITopicClient Topic(string topic)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        return GrainErrors.Translate(() => new TopicClient(topic, grains.GetTopic(topic)));
    }

    private static CallRequest ToRequest(string method, ReadOnlyMemory<byte> payload, CallOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        return new CallRequest(method, payload, options?.Custom ?? default, LimitOf(options?.Timeout)) { Trace = TraceField.Capture() };
    }

    private static MessageRequest ToMessage(string topic, ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> custom, TimeSpan? timeout)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return new MessageRequest(topic, payload, custom, LimitOf(timeout)) { Trace = TraceField.Capture() };
    }

    // The gateway ends a forward after its own time in any case.
    private static TimeSpan? LimitOf(TimeSpan? timeout) => timeout == Timeout.InfiniteTimeSpan ? null : timeout;

    private sealed class EdgeClient(ulong edgeId, IEdgeGrain grain, IEdgeMailGrain mail) : IEdgeClient
    {
        public ulong EdgeId => edgeId;

        public async Task<CallResponse> CallAsync(string method, ReadOnlyMemory<byte> payload, CallOptions? options, CancellationToken cancellationToken)
        {
            var request = ToRequest(method, payload, options);
            var result = await GrainErrors.TranslateAsync(() => grain.CallAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            return new CallResponse(result.Payload, result.Custom);
        }

        public Task PublishAsync(string topic, ReadOnlyMemory<byte> payload, PublishOptions? options, CancellationToken cancellationToken)
        {
            var message = ToMessage(topic, payload, options?.Custom ?? default, options?.Timeout);
            return GrainErrors.TranslateAsync(() => grain.PublishAsync(message, cancellationToken), cancellationToken);
        }

        public async Task<PublishReceipt> PublishOrKeepAsync(
            string topic, ReadOnlyMemory<byte> payload, TimeSpan timeToLive, ReadOnlyMemory<byte> custom, CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(topic);
            var message = new EdgeMail(topic, payload, custom, timeToLive);
            return new PublishReceipt(await GrainErrors.TranslateAsync(() => mail.PublishAsync(message), cancellationToken).ConfigureAwait(false));
        }

        public async Task<EdgeMessageOutcome> WaitForOutcomeAsync(string id, CancellationToken cancellationToken)
        {
            ArgumentException.ThrowIfNullOrEmpty(id);
            while (true)
            {
                switch (await GrainErrors.TranslateAsync(() => mail.WaitAsync(id), cancellationToken).ConfigureAwait(false))
                {
                    case EdgeMailOutcome.Waiting:
                        continue;
                    case EdgeMailOutcome.Delivered:
                        return EdgeMessageOutcome.Delivered;
                    case EdgeMailOutcome.Expired:
                        return EdgeMessageOutcome.Expired;
                    case EdgeMailOutcome.Refused:
                        return EdgeMessageOutcome.Refused;
                    default:
                        return EdgeMessageOutcome.Unknown;
                }
            }
        }

        public Task<bool> KickAsync(CancellationToken cancellationToken) => GrainErrors.TranslateAsync(grain.KickAsync, cancellationToken);

        public Task<EdgeDescription?> DescribeAsync(CancellationToken cancellationToken) => GrainErrors.TranslateAsync(grain.DescribeAsync, cancellationToken);
    }

    private sealed class ServiceClient(ulong serviceId, IServiceGrain grain) : IServiceClient
    {
        public ulong ServiceId => serviceId;

        public async Task<CallResponse> CallAsync(string method, ReadOnlyMemory<byte> payload, CallOptions? options, CancellationToken cancellationToken)
        {
            var request = ToRequest(method, payload, options);
            var result = await GrainErrors.TranslateAsync(() => grain.CallAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            return new CallResponse(result.Payload, result.Custom);
        }

        public Task PublishAsync(string topic, ReadOnlyMemory<byte> payload, PublishOptions? options, CancellationToken cancellationToken)
        {
            var message = ToMessage(topic, payload, options?.Custom ?? default, options?.Timeout);
            return GrainErrors.TranslateAsync(() => grain.PublishAsync(message, cancellationToken), cancellationToken);
        }

        public Task<bool> KickAsync(CancellationToken cancellationToken) => GrainErrors.TranslateAsync(grain.KickAsync, cancellationToken);

        public Task<ServiceDescription?> DescribeAsync(CancellationToken cancellationToken) => GrainErrors.TranslateAsync(grain.DescribeAsync, cancellationToken);
    }

    private sealed class TopicClient(string topic, ITopicGrain grain) : ITopicClient
    {
        public string Topic => topic;

        public Task PublishAsync(ulong edgeId, ReadOnlyMemory<byte> payload, PublishOptions? options, CancellationToken cancellationToken)
        {
            var message = ToMessage(topic, payload, options?.Custom ?? default, options?.Timeout);
            return GrainErrors.TranslateAsync(() => grain.PublishAsync(edgeId, message, cancellationToken), cancellationToken);
        }

        public async Task<int> CountSubscribersAsync(CancellationToken cancellationToken) =>
            (await GrainErrors.TranslateAsync(grain.DescribeAsync, cancellationToken).ConfigureAwait(false)).Count;
    }
}

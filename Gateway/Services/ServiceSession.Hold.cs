using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

internal sealed partial class ServiceSession : IHeldSession
{
    private volatile bool _loggedIn;

    /// <inheritdoc/>
    public bool IsSettled => _loggedIn && IsOpen && !IsGone;

    /// <inheritdoc/>
    public async Task<bool> AssertAsync(CancellationToken cancellationToken)
    {
        if (!await HoldAsync().AsTask().WaitAsync(cancellationToken))
        {
            return !IsSettled;
        }

        await SubscribeAsync(cancellationToken);
        return true;
    }

    private ServiceRegistration Registration() =>
        new(Gateway.Identity.GatewayId, Address, Name, ConnectedAt) { Silo = Gateway.Identity.Silo };

    private ValueTask<bool> HoldAsync() => Gateway.Grains.GetService(ServiceId).HoldUntilSettledAsync(Registration(), Epoch);

    // Of filters and groups the topics' grains learn from the catalog.
    private IEnumerable<string> PlainTopics => _topics.Where(topic => Gateway.TopicRules.Read(topic).IsPlain);

    private async Task SubscribeAsync(CancellationToken cancellationToken)
    {
        foreach (var topic in PlainTopics)
        {
            await Gateway.Grains.GetTopic(topic).SubscribeAsync(new TopicSubscription(ServiceId, Epoch)).AsTask().WaitAsync(cancellationToken);
        }

        if (IsGone)
        {
            await UnsubscribeAsync(); // It left meanwhile, and may have unsubscribed before it was subscribed again.
        }
    }

    private async Task UnsubscribeAsync()
    {
        foreach (var topic in PlainTopics)
        {
            await Gateway.Grains.GetTopic(topic).UnsubscribeAsync(ServiceId, Epoch);
        }
    }
}

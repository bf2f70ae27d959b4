using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <summary>Looks after topics for which messages are kept.</summary>
internal sealed class TopicKeeper(IMessageStore store, IGrainFactory grains, ILogger<TopicKeeper> logger)
    : StoreKeeper(store, "messages kept for topics", logger)
{
    /// <inheritdoc/>
    protected override ValueTask WakeAsync(string box) => grains.GetTopic(box).WakeAsync();
}

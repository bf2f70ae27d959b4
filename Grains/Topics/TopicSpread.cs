namespace Frontier.Grains.Topics;

/// <summary>A message for a topic that filters, groups or fan-out may have a part in: one receiver of those who share it, or all of them, and one of each group.</summary>
/// <param name="takers">Who takes the topic, ordered by group and service id.</param>
/// <param name="queuesFor">The external queues that take it, by whether a service does.</param>
/// <param name="isFanout">Whether all without a group receive it.</param>
/// <param name="number">What chooses among those who share it.</param>
internal sealed class TopicSpread(IReadOnlyList<TopicTaker> takers, Func<bool, IReadOnlyList<string>> queuesFor, bool isFanout, ulong number)
{
    private FrontierException? _lost;

    /// <summary>Sends the message.</summary>
    /// <param name="sendToOne">Sends it to the first of some services who is there; false when none is.</param>
    /// <param name="sendToQueue">Sends it to an external queue.</param>
    /// <returns>Completes when all have it who are to have it and are still there.</returns>
    /// <exception cref="FrontierException">Nobody took it, or one failed.</exception>
    public async Task PublishAsync(Func<IEnumerable<TopicSubscription>, Task<bool>> sendToOne, Func<string, Task> sendToQueue)
    {
        var queues = queuesFor(takers.Count > 0);
        var sharing = takers.Count(taker => taker.Group.Length == 0) + queues.Count;
        var choice = sharing == 0 ? 0 : (int)(number % (ulong)sharing);
        var sending = new List<Task<bool>>();
        foreach (var group in takers.GroupBy(taker => taker.Group, taker => new TopicSubscription(taker.ServiceId, taker.Epoch), StringComparer.Ordinal))
        {
            TopicSubscription[] members = [.. group];
            if (group.Key.Length == 0 && isFanout)
            {
                sending.AddRange(members.Select(member => UnlessGoneAsync(sendToOne([member]))));
            }
            else if (group.Key.Length > 0 || choice < members.Length)
            {
                var first = (int)(number % (ulong)members.Length);
                sending.Add(UnlessGoneAsync(sendToOne([.. members[first..], .. members[..first]])));
            }
        }

        for (var i = 0; i < queues.Count; i++)
        {
            if (isFanout || choice == sharing - queues.Count + i)
            {
                sending.Add(ConfirmedAsync(sendToQueue(queues[i])));
            }
        }

        if (!(await Task.WhenAll(sending)).Contains(true))
        {
            throw _lost ?? new FrontierException(FrontierErrorCode.TopicNotOnline);
        }
    }

    // One that left is no receiver any more.
    private async Task<bool> UnlessGoneAsync(Task<bool> sent)
    {
        try
        {
            return await sent;
        }
        catch (FrontierException gone) when (gone.Code == FrontierErrorCode.ConnectionLost)
        {
            _lost = gone;
            return false;
        }
    }

    private static async Task<bool> ConfirmedAsync(Task sent)
    {
        await sent;
        return true;
    }
}

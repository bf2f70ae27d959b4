namespace Frontier.Queues;

/// <summary>Which topics can be NATS subjects to publish to.</summary>
internal static class NatsSubject
{
    /// <summary>Whether a topic can be: words between dots, none empty, none a wildcard, no white space.</summary>
    public static bool IsLegal(string topic)
    {
        if (topic.Length == 0)
        {
            return false;
        }

        foreach (var range in topic.AsSpan().Split('.'))
        {
            var word = topic.AsSpan(range);
            if (word.IsEmpty || word is "*" or ">" || word.ContainsAnyInRange('\0', ' ') || word.Contains('\x7f'))
            {
                return false;
            }
        }

        return true;
    }
}

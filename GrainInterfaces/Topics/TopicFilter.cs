namespace Frontier.GrainInterfaces;

/// <summary>
/// Topic filters as MQTT has them: a topic is made of levels with slashes between them; <c>+</c> stands for any one level, and <c>#</c>, as the last
/// level, for any number of levels, none included.
/// </summary>
public static class TopicFilter
{
    /// <summary>Whether a name is a filter, or would be one were it not wrong; see <see cref="Problem"/>.</summary>
    public static bool IsFilter(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.AsSpan().ContainsAny('+', '#');
    }

    /// <summary>What is wrong with a filter; null when nothing is.</summary>
    public static string? Problem(string filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var levels = filter.Split('/');
        for (var i = 0; i < levels.Length; i++)
        {
            if (levels[i].Length > 1 && IsFilter(levels[i]))
            {
                return "+ and # stand for whole levels";
            }

            if (levels[i] == "#" && i < levels.Length - 1)
            {
                return "# can only be the last level";
            }
        }

        return filter.Length == 0 ? "it is empty" : null;
    }

    /// <summary>Whether a filter takes a topic. A filter without <c>+</c> and <c>#</c> takes the topic of that name.</summary>
    /// <param name="filter">The filter in UTF-8.</param>
    /// <param name="topic">The topic in UTF-8.</param>
    public static bool Matches(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> topic)
    {
        while (true)
        {
            var filterEnd = filter.IndexOf((byte)'/');
            var wanted = filterEnd < 0 ? filter : filter[..filterEnd];
            if (wanted is [(byte)'#'])
            {
                return true;
            }

            var topicEnd = topic.IndexOf((byte)'/');
            var level = topicEnd < 0 ? topic : topic[..topicEnd];
            if (wanted is not [(byte)'+'] && !wanted.SequenceEqual(level))
            {
                return false;
            }

            if (topicEnd < 0)
            {
                return filterEnd < 0 || filter[(filterEnd + 1)..] is [(byte)'#']; // "a/#" takes "a" as well.
            }

            if (filterEnd < 0)
            {
                return false;
            }

            filter = filter[(filterEnd + 1)..];
            topic = topic[(topicEnd + 1)..];
        }
    }
}

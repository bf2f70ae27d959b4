namespace Frontier.GrainInterfaces;

/// <summary>What places a session in a list.</summary>
/// <param name="Time">Ticks of UTC, when the list is ordered by time.</param>
/// <param name="Text">The text, when the list is ordered by text.</param>
/// <param name="Id">The session's id, which breaks ties.</param>
public readonly record struct SessionKey(long Time, string? Text, ulong Id)
{
    /// <summary>The comparison of a list's order: of times, then of texts by their characters' numbers, then of ids; all of them the other way round when descending.</summary>
    public static IComparer<SessionKey> Comparer(bool isDescending) => isDescending ? Descending : Ascending;

    private static readonly Comparer<SessionKey> Ascending = Comparer<SessionKey>.Create(Compare);

    private static readonly Comparer<SessionKey> Descending = Comparer<SessionKey>.Create(static (left, right) => Compare(right, left));

    private static int Compare(SessionKey left, SessionKey right)
    {
        var byTime = left.Time.CompareTo(right.Time);
        if (byTime != 0)
        {
            return byTime;
        }

        var byText = string.CompareOrdinal(left.Text, right.Text);
        return byText != 0 ? byText : left.Id.CompareTo(right.Id);
    }
}

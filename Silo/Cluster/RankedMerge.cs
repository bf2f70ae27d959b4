using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <summary>Makes one list of several gateways' beginnings.</summary>
internal static class RankedMerge
{
    /// <summary>Finds what is on a page.</summary>
    /// <param name="rankings">The beginnings, each as long as the page's end or complete.</param>
    /// <param name="isDescending">Whether the order is reversed.</param>
    /// <param name="window">The page.</param>
    /// <returns>The ids on the page in order, each with the place of its gateway in <paramref name="rankings"/>.</returns>
    public static List<(int Source, ulong Id)> Select(IReadOnlyList<SessionRanking> rankings, bool isDescending, PageWindow window)
    {
        var heads = new PriorityQueue<(int Source, int Place), SessionKey>(SessionKey.Comparer(isDescending));
        for (var source = 0; source < rankings.Count; source++)
        {
            Enqueue(source, 0);
        }

        var page = new List<(int, ulong)>(Math.Min(window.Size, rankings.Sum(ranking => ranking.Ids.Length)));
        for (var rank = 0; rank < window.Offset + (long)window.Size && heads.TryDequeue(out var head, out var key); rank++)
        {
            if (rank >= window.Offset)
            {
                page.Add((head.Source, key.Id));
            }

            Enqueue(head.Source, head.Place + 1);
        }

        return page;

        void Enqueue(int source, int place)
        {
            var ranking = rankings[source];
            if (place < ranking.Ids.Length)
            {
                heads.Enqueue((source, place), new SessionKey(
                    ranking.Times.Length > 0 ? ranking.Times[place] : 0,
                    ranking.Texts.Length > 0 ? ranking.Texts[place] : null,
                    ranking.Ids[place]));
            }
        }
    }
}

namespace Frontier.Gateway;

/// <summary>Finds the word that was probably meant.</summary>
internal static class Spelling
{
    /// <summary>The candidate with the fewest edits from the word; null when even that one is a different word.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        // A third of the letters: "adr" for "addr" is a slip, "file" for "level" is not.
        var (nearest, edits) = candidates
            .Select(candidate => (candidate, edits: Edits(word.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .DefaultIfEmpty((candidate: "", edits: int.MaxValue))
            .MinBy(pair => pair.edits);
        return edits <= Math.Max(1, word.Length / 3) ? nearest : null;
    }

    // The number of letters to add, leave out, replace, or swap with their neighbour ("tsl" is one slip from "tls"), a row at a time.
    private static int Edits(string from, string to)
    {
        var before = new int[to.Length + 1];
        var above = new int[to.Length + 1];
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            (before, above, row) = (above, row, before);
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                row[j] = Math.Min(above[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1), Math.Min(above[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }
        }

        return row[to.Length];
    }
}

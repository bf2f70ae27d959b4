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

    // Levenshtein distance, one row at a time.
    private static int Edits(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var substituted = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[to.Length];
    }
}

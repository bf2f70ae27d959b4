namespace Frontier.Gateway;

/// <summary>What makes an <see cref="AuthOptions"/> wrong.</summary>
internal static class AuthRules
{
    // Shorter ones can be guessed. 16 random characters of base64 are 96 bits.
    private const int MinTokenLength = 16;

    /// <summary>Adds what is wrong with the tokens; never a token itself.</summary>
    /// <param name="path">The group's path, such as <c>controlplane.auth</c>.</param>
    /// <param name="auth">The group.</param>
    /// <param name="failures">Where to add it.</param>
    public static void Check(string path, AuthOptions auth, ICollection<string> failures)
    {
        for (var i = 0; i < auth.Tokens.Count; i++)
        {
            if (auth.Tokens[i].Length < MinTokenLength || auth.Tokens[i].Any(c => c is <= ' ' or > '~'))
            {
                failures.Add($"{path}.tokens[{i}]: not {MinTokenLength} or more printable characters without spaces");
            }
        }
    }
}

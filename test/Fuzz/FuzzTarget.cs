namespace Frontier.Fuzz;

/// <summary>One input through everything.</summary>
public static class FuzzTarget
{
    public static void Run(ReadOnlySpan<byte> input)
    {
        BodyTarget.Run(input.IsEmpty ? input : input[1..]);
        ConnectionTarget.Run(input);
    }

    /// <summary>Mutates the corpus so many times; needs no fuzzing engine, and finds the same for the same seed.</summary>
    /// <exception cref="FuzzFailureException">An input was found; the message has it.</exception>
    public static void RunMutations(int runs, int seed)
    {
        var mutator = new Mutator(Corpus.Build(), seed);
        for (var run = 0; run < runs; run++)
        {
            var input = mutator.Next();
            try
            {
                Run(input);
            }
            catch (Exception e)
            {
                throw new FuzzFailureException($"Run {run} of seed {seed}: {e.Message}\ninput: {Convert.ToHexStringLower(input)}", e);
            }
        }
    }
}

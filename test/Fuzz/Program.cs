using System.Globalization;
using Frontier.Fuzz;
using SharpFuzz;

const string Usage = """
    Frontier.Fuzz: feeds hostile bytes to the codec, the body parsers and a connection.

      --runs N [--seed S]   mutates the corpus N times; needs no fuzzing engine
      --corpus DIRECTORY    writes the corpus, one file an entry, for a fuzzing engine to start from
      --replay FILE         runs one input, as a fuzzing engine has saved it
      --afl                 to be started by afl-fuzz
      --libfuzzer           to be started by libfuzzer-dotnet

    For the last two, Frontier.Protocol.dll beside this program is to be instrumented first, with the tool SharpFuzz.CommandLine:
    sharpfuzz Frontier.Protocol.dll
    """;

switch (args)
{
    case ["--runs", var runs]:
        return Mutate(runs, "1");
    case ["--runs", var runs, "--seed", var seed]:
        return Mutate(runs, seed);
    case ["--corpus", var directory]:
        Directory.CreateDirectory(directory);
        var entries = Corpus.Build();
        for (var i = 0; i < entries.Count; i++)
        {
            File.WriteAllBytes(Path.Combine(directory, $"{i:d4}.bin"), entries[i]);
        }

        Console.WriteLine($"{entries.Count} entries written to {directory}");
        return 0;
    case ["--replay", var file]:
        FuzzTarget.Run(File.ReadAllBytes(file));
        Console.WriteLine("nothing found");
        return 0;
    case ["--afl"]:
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            FuzzTarget.Run(input.ToArray());
        });
        return 0;
    case ["--libfuzzer"]:
        Fuzzer.LibFuzzer.Run(FuzzTarget.Run);
        return 0;
    default:
        Console.WriteLine(Usage);
        return 2;
}

static int Mutate(string runs, string seed)
{
    try
    {
        FuzzTarget.RunMutations(int.Parse(runs, CultureInfo.InvariantCulture), int.Parse(seed, CultureInfo.InvariantCulture));
        Console.WriteLine($"{runs} runs of seed {seed}: nothing found");
        return 0;
    }
    catch (FuzzFailureException e)
    {
        Console.Error.WriteLine(e);
        return 1;
    }
}

using Frontier.Fuzz;

namespace Frontier.Protocol.Tests.Fuzz;

[TestFixture]
public sealed class FuzzTests
{
    [Test]
    public void The_corpus_itself_moves_nothing()
    {
        var corpus = Corpus.Build();
        Assert.That(corpus, Has.Count.GreaterThan(100));
        foreach (var entry in corpus)
        {
            FuzzTarget.Run(entry);
        }
    }

    [TestCase(1, 10_000)]
    [TestCase(20261123, 10_000)]
    public void Mutations_of_what_real_peers_sent_end_in_a_violation_or_mean_something(int seed, int runs) =>
        Assert.That(() => FuzzTarget.RunMutations(runs, seed), Throws.Nothing);

    [Test]
    public void The_same_seed_makes_the_same_inputs()
    {
        var corpus = Corpus.Build();
        Mutator first = new(corpus, 5), second = new(corpus, 5);
        Assert.That(Enumerable.Range(0, 100).Select(_ => first.Next()), Is.EqualTo(Enumerable.Range(0, 100).Select(_ => second.Next())));
    }
}

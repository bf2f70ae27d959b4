namespace Frontier.Load.Tests;

public sealed class ErrorCountsTests
{
    [Test]
    public void Errors_are_counted_by_kind()
    {
        var errors = new ErrorCounts();
        errors.Add("a");
        errors.Add("b", 3);
        errors.Add("a");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(errors.Total, Is.EqualTo(5));
            Assert.That($"{errors}", Is.EqualTo("3 × b; 2 × a"));
        }
    }

    [Test]
    public void Ever_new_texts_do_not_fill_the_memory()
    {
        var errors = new ErrorCounts();
        for (var i = 0; i < 10_000; i++)
        {
            errors.Add($"error {i}");
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(errors.ByKind, Has.Count.LessThan(100));
            Assert.That(errors.ByKind.Values.Sum(), Is.EqualTo(10_000));
        }
    }
}

namespace Frontier.Load.Tests;

public sealed class LatencyHistogramTests
{
    [Test]
    public void Small_values_are_exact()
    {
        var histogram = Filled(Enumerable.Range(1, 2000).Select(value => (long)value));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(histogram.Percentile(0.5), Is.EqualTo(1000));
            Assert.That(histogram.Percentile(0.99), Is.EqualTo(1980));
            Assert.That(histogram.Percentile(1), Is.EqualTo(2000));
            Assert.That(histogram.Sum / histogram.Count, Is.EqualTo(1000.5));
        }
    }

    [TestCase(2048)]
    [TestCase(123_456)]
    [TestCase(87_654_321)]
    [TestCase(30_000_000_000)]
    [TestCase(LatencyHistogram.Highest)]
    public void A_value_is_off_by_less_than_a_thousandth(long value)
    {
        // A second, larger one, so that the maximum, which is exact, does not stand in.
        var histogram = Filled([value, LatencyHistogram.Highest]);
        Assert.That(histogram.Percentile(0.5), Is.EqualTo((double)value).Within(0.1).Percent);
    }

    [Test]
    public void Percentiles_of_many_values_agree_with_those_of_the_sorted_list()
    {
        var random = new Random(1);
        var values = Enumerable.Range(0, 100_000).Select(_ => (long)Math.Exp(random.NextDouble() * 20)).ToArray();
        var histogram = Filled(values);
        Array.Sort(values);
        foreach (var part in new[] { 0.01, 0.5, 0.9, 0.99, 0.999 })
        {
            Assert.That(histogram.Percentile(part), Is.EqualTo((double)values[(int)Math.Ceiling(part * values.Length) - 1]).Within(0.1).Percent, $"{part}");
        }
    }

    [Test]
    public void What_is_out_of_range_counts_at_its_end()
    {
        var histogram = Filled([-5, long.MaxValue]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(histogram.Percentile(0), Is.Zero);
            Assert.That(histogram.Percentile(1), Is.EqualTo(LatencyHistogram.Highest));
        }
    }

    [Test]
    public void An_empty_one_has_no_percentiles()
    {
        var histogram = new LatencyHistogram();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(histogram.Percentile(0.99), Is.Zero);
            Assert.That(LatencyResult.From(histogram), Is.Null);
        }
    }

    [Test]
    public void Two_that_are_added_are_as_one_even_through_another_process()
    {
        long[] some = [10, 5000, 70_000_000];
        long[] others = [20, 6000, 900_000_000_000];
        var sum = Filled(some);
        sum.Add(LatencyHistogram.Import(Filled(others).Export()));
        Assert.That(sum.Export(), Is.EqualTo(Filled([.. some, .. others]).Export()));
    }

    private static LatencyHistogram Filled(IEnumerable<long> values)
    {
        var histogram = new LatencyHistogram();
        foreach (var value in values)
        {
            histogram.Record(value);
        }

        return histogram;
    }
}

using System.Reflection;
using System.Text;

namespace Frontier.Benchmarks.Tests;

/// <summary>What is measured needs its thread undisturbed by other tests of the process.</summary>
[NonParallelizable]
public sealed class ComparisonTests
{
    // The machine may do other things meanwhile: what is slower here is slower by far, and what is not is given room.
    private const int MuchMore = 50;
    private const double Generous = 5;

    private const string Rest = "Sample.Rest (Size 10)";
    private const string Work = "Sample.Work (Size 10)";

    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"frontier-baseline-{Guid.NewGuid():n}.json");
    private string _measured = "";

    [OneTimeSetUp]
    public async Task Measure()
    {
        Assert.That(await Run("update"), Is.EqualTo(ComparisonCommand.Fine));
        _measured = File.ReadAllText(_file);
        Assert.That(Baseline.Read(_file).Benchmarks.Keys, Is.EqualTo(new[] { Rest, Work }));
    }

    [SetUp]
    public void WriteBaseline()
    {
        (SampleBenchmarks.Effort, SampleBenchmarks.Garbage) = (1, 0);
        File.WriteAllText(_file, _measured);
    }

    [OneTimeTearDown]
    public void RemoveBaseline() => File.Delete(_file);

    [Test]
    public async Task The_same_code_is_no_regression()
    {
        Edit(entry => entry with { AllowedFactor = Generous });
        Assert.That(await Run("compare", "work"), Is.EqualTo(ComparisonCommand.Fine), () => $"{_error}");
        Assert.That($"{_output}", Does.Contain(Work).And.Contain("ok"));
    }

    [Test]
    public async Task Code_that_has_become_slower_is_a_regression_and_is_named()
    {
        SampleBenchmarks.Effort = MuchMore;
        Assert.That(await Run("compare"), Is.EqualTo(ComparisonCommand.Regressed));
        Assert.That($"{_error}", Does.Contain($"{Work}: slower"));
    }

    [Test]
    public async Task A_ratio_that_is_lowered_in_the_file_makes_the_same_code_a_regression()
    {
        Edit(entry => entry with { Ratio = entry.Ratio / MuchMore });
        Assert.That(await Run("compare", Work), Is.EqualTo(ComparisonCommand.Regressed));
        Assert.That($"{_error}", Does.Contain($"{Work}: slower"));
    }

    [Test]
    public async Task A_larger_factor_allows_what_would_be_a_regression_and_stays_when_the_baseline_is_written_anew()
    {
        Edit(entry => entry with { AllowedFactor = MuchMore * Generous });
        SampleBenchmarks.Effort = MuchMore;
        Assert.That(await Run("compare", Work), Is.EqualTo(ComparisonCommand.Fine));
        Assert.That(await Run("update", Work), Is.EqualTo(ComparisonCommand.Fine));
        Assert.That(Baseline.Read(_file).Benchmarks[Work].AllowedFactor, Is.EqualTo(MuchMore * Generous));
    }

    [Test]
    public async Task Code_that_has_begun_to_allocate_is_a_regression_even_when_times_are_not_looked_at()
    {
        SampleBenchmarks.Garbage = 8;
        Assert.That(await Run("compare", Work, "--allocations"), Is.EqualTo(ComparisonCommand.Regressed));
        Assert.That($"{_error}", Does.Contain($"{Work}: allocates more"));

        Edit(entry => entry with { AllowedBytes = 8 }); // 32 bytes for four operations.
        Assert.That(await Run("compare", Work, "--allocations"), Is.EqualTo(ComparisonCommand.Fine));
    }

    [Test]
    public async Task A_benchmark_that_is_missing_on_either_side_is_not_passed_over()
    {
        var baseline = Baseline.Read(_file);
        baseline.Benchmarks.Remove(Rest, out var entry);
        baseline.Benchmarks["Sample.Former"] = entry!;
        baseline.Write(_file);
        Assert.That(await Run("compare", "--allocations"), Is.EqualTo(ComparisonCommand.Regressed));
        Assert.That($"{_error}", Does.Contain($"{Rest}: not in the baseline").And.Contain("Sample.Former: no such benchmark"));
    }

    [TestCase("compare")]
    [TestCase("update")]
    public async Task A_filter_that_fits_nothing_is_an_error_and_not_a_success(string command)
    {
        Assert.That(await Run(command, "Sample.Wrok"), Is.EqualTo(ComparisonCommand.CannotRun));
        Assert.That($"{_error}", Does.Contain("Sample.Wrok"));
    }

    [Test]
    public async Task A_file_that_is_not_there_or_not_a_baseline_is_an_error()
    {
        File.WriteAllText(_file, "{}");
        Assert.That(await Run("compare"), Is.EqualTo(ComparisonCommand.CannotRun));
        File.Delete(_file);
        Assert.That(await Run("compare"), Is.EqualTo(ComparisonCommand.CannotRun));
    }

    [Test]
    public async Task The_gateway_allocates_no_more_than_the_committed_baseline_allows()
    {
        Assert.That(await Run(typeof(ComparisonCommand).Assembly, "compare", "--allocations"), Is.EqualTo(ComparisonCommand.Fine), () => $"{_error}");
    }

    private Task<int> Run(string command, params string[] rest) => Run(GetType().Assembly, [command, .. rest, "--file", _file]);

    private async Task<int> Run(Assembly program, params string[] args)
    {
        _output.Clear();
        _error.Clear();
        await using StringWriter output = new(_output), error = new(_error);
        return await new ComparisonCommand(new BenchmarkCatalog(program), output, error, attempts: 3).RunAsync(args);
    }

    private void Edit(Func<BaselineEntry, BaselineEntry> change)
    {
        var baseline = Baseline.Read(_file);
        baseline.Benchmarks[Work] = change(baseline.Benchmarks[Work]);
        baseline.Write(_file);
    }
}

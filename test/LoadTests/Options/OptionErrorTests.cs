using System.CommandLine;

namespace Frontier.Load.Tests;

public sealed class OptionErrorTests
{
    [TestCase("--payload", "16XB")]
    [TestCase("--payload", "-1")]
    [TestCase("--payload", "9999999MiB")]
    [TestCase("--duration", "soon")]
    [TestCase("--warm-up", "1h")]
    [TestCase("--rate", "fast")]
    [TestCase("--rate", "0")]
    [TestCase("--rate", "-5%")]
    [TestCase("--rate", "NaN")]
    [TestCase("--edge-address", "127.0.0.1")]
    [TestCase("--edge-address", "127.0.0.1:70000")]
    [TestCase("--sources", "127.0.0.300")]
    [TestCase("--sources", "127.0.0.9-127.0.0.1")]
    [TestCase("--metrics-url", "/metrics")]
    public void A_wrong_value_is_named_with_its_option(string option, string value)
    {
        var parsed = Parse(option, value);
        Assert.That(parsed.Errors.Select(error => error.Message), Has.Exactly(1).StartsWith($"{option}: \"{value}\" is not"));
    }

    [Test]
    public void Good_values_are_understood()
    {
        var arguments = new LoadArguments();
        var command = CommandOf(arguments);
        var options = arguments.Read(
            command.Parse("--payload 16KiB --duration 500ms --warm-up 2m --rate 50% --sources 127.0.0.2,127.0.1.1-127.0.1.3 --server-pid 7 8 -e 100 --baseline"),
            LoadMode.Call);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(options.PayloadBytes, Is.EqualTo(16 * 1024));
            Assert.That(options.Duration, Is.EqualTo(TimeSpan.FromSeconds(0.5)));
            Assert.That(options.WarmUp, Is.EqualTo(TimeSpan.FromMinutes(2)));
            Assert.That(options.Rate, Is.EqualTo(new Rate(50, IsPercent: true)));
            Assert.That(options.Sources.Select(source => $"{source}"), Is.EqualTo(new[] { "127.0.0.2", "127.0.1.1", "127.0.1.2", "127.0.1.3" }));
            Assert.That(options.ServerPids, Is.EqualTo(new[] { 7, 8 }));
            Assert.That(options.Edges, Is.EqualTo(100));
            Assert.That(options.Baseline);
            Assert.That(options.FindProblem(), Is.Null);
        }
    }

    [TestCase(LoadMode.Call, 128)]
    [TestCase(LoadMode.StreamBandwidth, 16 * 1024)]
    public void Without_a_word_the_payload_fits_the_mode(LoadMode mode, int bytes)
    {
        var arguments = new LoadArguments();
        Assert.That(arguments.Read(CommandOf(arguments).Parse(""), mode).PayloadBytes, Is.EqualTo(bytes));
    }

    [TestCase(1, 128, 3, 64)]
    [TestCase(1000, 128, 3, 1000)]
    [TestCase(1, 300_000, 3, 3)]
    [TestCase(8, 300_000, 3, 8)]
    [TestCase(1, 128, 0, 1)]
    public void Warming_up_takes_more_at_once_unless_that_is_too_many_bytes(int concurrency, int payload, int seconds, int warmUp)
    {
        var options = new LoadOptions { Mode = LoadMode.Call, Concurrency = concurrency, PayloadBytes = payload, WarmUp = TimeSpan.FromSeconds(seconds) };
        Assert.That(options.WarmUpConcurrency(isOpenLoop: false), Is.EqualTo(warmUp));
    }

    private static IEnumerable<TestCaseData> Contradictions()
    {
        var call = new LoadOptions { Mode = LoadMode.Call };
        yield return new TestCaseData(call with { Edges = 0 }, "--edges");
        yield return new TestCaseData(call with { Concurrency = 0 }, "--concurrency");
        yield return new TestCaseData(call with { Concurrency = 100_000 }, "--concurrency");
        yield return new TestCaseData(call with { Threads = 4, Edges = 3 }, "--edges");
        yield return new TestCaseData(call with { Mode = LoadMode.CallToEdge, Threads = 2 }, "--services");
        yield return new TestCaseData(call with { Mode = LoadMode.Stream, PayloadBytes = 0 }, "--payload");
        yield return new TestCaseData(call with { Mode = LoadMode.StreamBandwidth, Rate = new Rate(5, false) }, "--rate");
        yield return new TestCaseData(call with { Mode = LoadMode.Connect, Rate = new Rate(5, true) }, "--rate");
        yield return new TestCaseData(call with { Rounds = 0 }, "--rounds");
        yield return new TestCaseData(call with { Rounds = 2 }, "--rounds");
        yield return new TestCaseData(call with { Start = "server", ServerPids = [1] }, "--start");
    }

    [TestCaseSource(nameof(Contradictions))]
    public void What_contradicts_itself_is_named(LoadOptions options, string option) => Assert.That(options.FindProblem(), Does.StartWith(option));

    private static ParseResult Parse(string option, string value) => CommandOf(new LoadArguments()).Parse([$"{option}={value}"]);

    private static Command CommandOf(LoadArguments arguments)
    {
        var command = new Command("test");
        foreach (var option in arguments.ForMode())
        {
            command.Add(option);
        }

        return command;
    }
}

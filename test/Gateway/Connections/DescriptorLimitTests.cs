namespace Frontier.Gateway.Tests;

public class DescriptorLimitTests
{
    private const string Limits = """
        Limit                     Soft Limit           Hard Limit           Units
        Max cpu time              unlimited            unlimited            seconds
        Max open files            20000                524288               files
        Max locked memory         8388608              8388608              bytes
        """;

    [Test]
    public void Connections_stop_before_the_descriptors_do()
    {
        Assert.That(DescriptorLimit.Cap(1_000_000, Limits), Is.EqualTo(20_000 - 512));
        Assert.That(DescriptorLimit.Cap(100, Limits), Is.EqualTo(100));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("Max open files            unlimited            unlimited            files")]
    public void Without_a_known_limit_the_configured_one_counts(string? limits)
    {
        Assert.That(DescriptorLimit.Cap(1_000_000, limits), Is.EqualTo(1_000_000));
    }

    [Test]
    public void The_limit_of_this_process_is_read()
    {
        Assume.That(OperatingSystem.IsLinux());
        Assert.That(DescriptorLimit.Cap(int.MaxValue, DescriptorLimit.Read()), Is.LessThan(int.MaxValue));
    }
}

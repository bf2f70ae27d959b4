namespace Frontier.Load.Tests;

public sealed class MetricsTextTests
{
    private const string Page = """
        # TYPE dotnet_gc_heap_total_allocated_bytes_total counter
        # HELP dotnet_gc_heap_total_allocated_bytes_total The approximate number of bytes
        dotnet_gc_heap_total_allocated_bytes_total{otel_scope_name="System.Runtime",note="a } b"} 56285024 1795405523816
        dotnet_gc_heap_total_allocated_bytes_total_other 1
        plain 1.5e3
        parts{side="a"} 1
        parts{side="b"} 2
        """;

    [TestCase(MetricsText.AllocatedBytes, 56_285_024)]
    [TestCase("plain", 1500)]
    [TestCase("parts", 3)]
    [TestCase("missing", null)]
    public void A_metric_is_the_sum_over_its_labels(string name, double? value) => Assert.That(MetricsText.Find(Page, name), Is.EqualTo(value));
}

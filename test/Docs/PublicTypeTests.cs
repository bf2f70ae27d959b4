using System.Text.RegularExpressions;

namespace Frontier.Docs.Tests;

/// <summary>Whatever type the packages show is on some page.</summary>
public sealed partial class PublicTypeTests
{
    private static readonly string Root = AppContext.BaseDirectory;

    private static readonly string[] Types =
    [
        .. Directory.GetFiles(Path.Combine(Root, "PublicApi"), "*.txt", SearchOption.AllDirectories)
            .SelectMany(File.ReadLines)
            .Where(line => TypeName().IsMatch(line))
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    // Not the packages' own first pages, which would hide what the pages leave out.
    private static readonly string[] Pages =
        [.. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").Where(page => !Path.GetFileName(page).StartsWith("Client", StringComparison.Ordinal)).Select(File.ReadAllText)];

    [TestCaseSource(nameof(Types))]
    public void Every_public_type_is_on_a_page_of_the_documentation(string type)
    {
        var name = new Regex($@"\b{Regex.Escape(type[(type.LastIndexOf('.') + 1)..])}\b");
        Assert.That(Pages.Any(name.IsMatch), Is.True, $"no page mentions {type}");
    }

    [TestCase("Frontier.Client.FrontierEdge")]
    [TestCase("Frontier.Client.FrontierConnectionState")]
    [TestCase("Frontier.Client.Grains.IFrontier")]
    [TestCase("Microsoft.Extensions.DependencyInjection.FrontierGrainClientExtensions")]
    public void The_types_are_those_of_the_public_API_files(string type) => Assert.That(Types, Does.Contain(type));

    // A line that is nothing but a name, in files where members have signatures and values.
    [GeneratedRegex(@"^[\w.]+$")]
    private static partial Regex TypeName();
}

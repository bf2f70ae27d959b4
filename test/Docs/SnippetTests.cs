using System.Text.RegularExpressions;

namespace Frontier.Docs.Tests;

/// <summary>The code in the documentation is the code in <c>Snippets</c>, which the compiler has seen.</summary>
public sealed partial class SnippetTests
{
    private static readonly string Root = AppContext.BaseDirectory;

    private static readonly string[] Pages = [.. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [TestCaseSource(nameof(Pages))]
    public void Every_block_of_code_is_a_snippet_as_it_compiles(string page)
    {
        var snippets = ReadSnippets();
        var text = File.ReadAllText(Path.Combine(Root, "docs", page));
        Assert.Multiple(() =>
        {
            foreach (Match block in CodeBlock().Matches(text))
            {
                var name = block.Groups["name"].Value;
                Assert.That(name, Is.Not.Empty, $"{page}: a block of C# without <!-- snippet: name --> above it");
                Assert.That(snippets.GetValueOrDefault(name), Is.EqualTo(block.Groups["code"].Value.TrimEnd('\n')), $"{page}: {name}");
            }
        });
    }

    [Test]
    public void Every_snippet_is_in_the_documentation()
    {
        var used = Pages.SelectMany(page => CodeBlock().Matches(File.ReadAllText(Path.Combine(Root, "docs", page)))).Select(block => block.Groups["name"].Value);
        Assert.That(ReadSnippets().Keys, Is.SubsetOf(used.ToHashSet()));
    }

    private static Dictionary<string, string> ReadSnippets()
    {
        var snippets = new Dictionary<string, string>();
        foreach (var file in Directory.GetFiles(Path.Combine(Root, "Snippets"), "*.cs"))
        {
            foreach (Match region in Region().Matches(File.ReadAllText(file)))
            {
                var lines = region.Groups["code"].Value.TrimEnd().Split('\n');
                var indent = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
                snippets.Add(region.Groups["name"].Value, string.Join('\n', lines.Select(line => line.Length >= indent ? line[indent..] : "")));
            }
        }

        return snippets;
    }

    [GeneratedRegex("""(?:<!-- snippet: (?<name>[\w-]+) -->\n)?```csharp\n(?<code>.*?)```""", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("""#region (?<name>[\w-]+)\n(?<code>.*?)\n\s*#endregion""", RegexOptions.Singleline)]
    private static partial Regex Region();
}

namespace Frontier.Silo.Tests;

public sealed class YamlFileTests
{
    [Test]
    public void Groups_lists_and_nulls_become_keys()
    {
        using var file = new TemporaryFile("a.yaml", "a:\n  b: ~\n  c: ''\n  d: [x, {e: 1}]\n  f: 'null'\n");
        Assert.That(YamlFile.Read(file.Path), Is.EquivalentTo(new Dictionary<string, string?>
        {
            ["a:b"] = null, ["a:c"] = "", ["a:d:0"] = "x", ["a:d:1:e"] = "1", ["a:f"] = "null",
        }));
    }

    [Test]
    public void A_merged_group_adds_the_keys_that_are_not_there()
    {
        using var file = new TemporaryFile("a.yaml", """
            base: &base {enable: true, mtls: false}
            more: &more {mtls: true, optional: true}
            one: {tls: {<<: *base, mtls: true}}
            two: {tls: {<<: [*base, *more]}}
            three: {tls: {ENABLE: false, <<: *base}}
            four: {tls: {<<: {<<: *more, enable: 1}}}
            """);
        var keys = YamlFile.Read(file.Path);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Below("one:tls"), Is.EquivalentTo(new[] { "enable=true", "mtls=true" }));
            Assert.That(Below("two:tls"), Is.EquivalentTo(new[] { "enable=true", "mtls=false", "optional=true" }));
            Assert.That(Below("three:tls"), Is.EquivalentTo(new[] { "ENABLE=false", "mtls=false" }));
            Assert.That(Below("four:tls"), Is.EquivalentTo(new[] { "enable=1", "mtls=true", "optional=true" }));
        }

        IEnumerable<string> Below(string group) =>
            keys.Where(key => key.Key.StartsWith($"{group}:", StringComparison.Ordinal)).Select(key => $"{key.Key[(group.Length + 1)..]}={key.Value}");
    }

    [Test]
    public void Empty_lists_in_each_other_cannot_keep_the_start_busy()
    {
        var levels = Enumerable.Range(1, 25).Select(i => $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}]");
        using var file = new TemporaryFile("a.yaml", $"a0: &a0 []\n{string.Join('\n', levels)}\n");
        Assert.That(() => YamlFile.Read(file.Path), Throws.TypeOf<ConfigurationException>().With.Message.Contains("holds too much"));
    }

    [TestCase("")]
    [TestCase("# nothing but a comment\n")]
    public void An_empty_file_says_nothing(string text)
    {
        using var file = new TemporaryFile("a.yaml", text);
        Assert.That(YamlFile.Read(file.Path), Is.Empty);
    }

    [TestCase("a: \"x\n", "line 1, column 4: While scanning a quoted scalar, found unexpected end of stream.")]
    [TestCase("a: 1\na: 2\n", "line 2, column 1: Duplicate key a")]
    [TestCase("a: 1\nA: 2\n", "line 2, column 4: The key A is there twice.")]
    [TestCase("- a\n- b\n", "line 1, column 1: The file is not a group of keys.")]
    [TestCase("a: &x\n  b: *x\n", "line 1, column 4: The file holds too much, or an alias holds itself.")]
    [TestCase("a: &x\n  <<: *x\n", "line 1, column 4: The file holds too much, or an alias holds itself.")]
    [TestCase("a: {<<: b}\n", "line 1, column 9: << takes a group of keys, or a list of groups.")]
    [TestCase("[a]: 1\n", "line 1, column 1: A key is not a word.")]
    [TestCase("a: *nobody\n", "line 1, column 1: The anchor 'nobody' does not exists")]
    public void What_is_not_a_configuration_is_refused_with_the_place(string text, string reason)
    {
        using var file = new TemporaryFile("a.yaml", text);
        Assert.That(
            () => YamlFile.Read(file.Path),
            Throws.TypeOf<ConfigurationException>().With.Message.EqualTo($"{file.Path}: {reason}"));
    }

    [Test]
    public void An_unfinished_list_is_refused_with_the_place()
    {
        using var file = new TemporaryFile("a.yaml", "edgebound:\n  listen: [a\n b: c\n");
        Assert.That(() => YamlFile.Read(file.Path), Throws.TypeOf<ConfigurationException>().With.Message.Contains(": line 2, column "));
    }

    [Test]
    public void Aliases_cannot_blow_a_small_file_up()
    {
        using var file = new TemporaryFile("a.yaml", """
            a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
            b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
            c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
            d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
            e: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
            """);
        Assert.That(() => YamlFile.Read(file.Path), Throws.TypeOf<ConfigurationException>().With.Message.Contains("holds too much"));
    }

    [Test]
    public void A_missing_file_is_named() =>
        Assert.That(() => YamlFile.Read("/nowhere/a.yaml"), Throws.TypeOf<ConfigurationException>().With.Message.EqualTo("/nowhere/a.yaml: no such file"));
}

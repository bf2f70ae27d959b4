using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Frontier.Silo;

/// <summary>
/// Reads a YAML file into configuration keys. Written out because the provider package for this, NetEscapades.Configuration.Yaml 2.0.0, was built
/// against a YamlDotNet that is no longer to be had and fails with those that are.
/// </summary>
internal sealed class YamlFile
{
    // Aliases let a small file describe an endless or enormous tree. No configuration comes near either number.
    private const int DeepestKey = 32;
    private const int MostNodes = 10_000;
    private const string MergeKey = "<<";

    private readonly string _file;
    private readonly Dictionary<string, string?> _values = new(StringComparer.OrdinalIgnoreCase);
    private int _nodes;

    private YamlFile(string file) => _file = file;

    /// <summary>The file's values by key, with colons between a key's parts and the index for an entry of a list.</summary>
    /// <exception cref="ConfigurationException">The file is missing, cannot be read, or is not YAML.</exception>
    public static Dictionary<string, string?> Read(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            return Read(file, reader);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigurationException([$"{file}: no such file"]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([$"{file}: cannot be read: {error.Message}"]);
        }
    }

    private static Dictionary<string, string?> Read(string file, StreamReader reader)
    {
        var yaml = new YamlStream();
        var parser = new Parser(reader);
        try
        {
            yaml.Load(parser);
        }
        catch (YamlException error)
        {
            throw Wrong(file, error.Start, error.Message.ReplaceLineEndings(" "));
        }
        catch (InvalidOperationException)
        {
            // How the scanner reports some unfinished lists and groups; the last thing it understood stands right before.
            throw Wrong(file, parser.Current?.End ?? Mark.Empty, "After this, the file is not YAML.");
        }

        var keys = new YamlFile(file);
        if (yaml.Documents is [{ RootNode: var root }, ..])
        {
            if (root is not YamlMappingNode)
            {
                throw Wrong(file, root.Start, "The file is not a group of keys.");
            }

            keys.Add(root, path: "", depth: 0);
        }

        return keys._values;
    }

    private void Add(YamlNode node, string path, int depth)
    {
        CountNode(node, depth);
        switch (node)
        {
            case YamlScalarNode scalar when !_values.TryAdd(path, IsNull(scalar) ? null : scalar.Value):
                throw Wrong(_file, node.Start, $"The key {path} is there twice.");
            case YamlMappingNode group:
                var entries = new List<(string Key, YamlNode Value)>();
                Collect(group, depth, new HashSet<string>(StringComparer.OrdinalIgnoreCase), entries);
                foreach (var (key, value) in entries)
                {
                    Add(value, Join(path, key), depth + 1);
                }

                break;
            case YamlSequenceNode list:
                for (var i = 0; i < list.Children.Count; i++)
                {
                    Add(list.Children[i], Join(path, i.ToString(CultureInfo.InvariantCulture)), depth + 1);
                }

                break;
        }
    }

    // A group's keys and those it merges: its own go before the merged ones, and of those the earlier group's before the later one's.
    private void Collect(YamlMappingNode group, int depth, HashSet<string> known, List<(string Key, YamlNode Value)> entries)
    {
        var own = new List<string>();
        foreach (var (key, value) in group.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? throw Wrong(_file, key.Start, "A key is not a word.");
            if (name != MergeKey && !known.Contains(name))
            {
                own.Add(name);
                entries.Add((name, value));
            }
        }

        foreach (var name in own)
        {
            known.Add(name);
        }

        if (group.Children.TryGetValue(new YamlScalarNode(MergeKey), out var merged))
        {
            foreach (var other in merged is YamlSequenceNode several ? several.Children : [merged])
            {
                CountNode(other, depth + 1);
                Collect(
                    other as YamlMappingNode ?? throw Wrong(_file, other.Start, $"{MergeKey} takes a group of keys, or a list of groups."), depth + 1, known, entries);
            }
        }
    }

    private void CountNode(YamlNode node, int depth)
    {
        if (depth > DeepestKey || ++_nodes > MostNodes)
        {
            throw Wrong(_file, node.Start, "The file holds too much, or an alias holds itself.");
        }
    }

    private static string Join(string path, string key) => path.Length == 0 ? key : ConfigurationPath.Combine(path, key);

    private static bool IsNull(YamlScalarNode scalar) =>
        scalar is { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    private static ConfigurationException Wrong(string file, Mark at, string what) =>
        new([string.Create(CultureInfo.InvariantCulture, $"{file}: line {at.Line}, column {at.Column}: {what}")]);
}

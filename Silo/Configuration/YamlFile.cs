using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Frontier.Silo;

/// <summary>
/// Reads a YAML file into configuration keys. Written out because the provider package for this, NetEscapades.Configuration.Yaml 2.0.0, was built
/// against a YamlDotNet that is no longer to be had and fails with those that are.
/// </summary>
internal static class YamlFile
{
    // Aliases let a small file describe an endless or enormous tree. No configuration comes near either number.
    private const int DeepestKey = 32;
    private const int MostKeys = 10_000;

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

        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        if (yaml.Documents is [{ RootNode: var root }, ..])
        {
            if (root is not YamlMappingNode)
            {
                throw Wrong(file, root.Start, "The file is not a group of keys.");
            }

            Add(file, root, path: "", depth: 0, values);
        }

        return values;
    }

    private static void Add(string file, YamlNode node, string path, int depth, Dictionary<string, string?> values)
    {
        if (depth > DeepestKey || values.Count >= MostKeys)
        {
            throw Wrong(file, node.Start, "The file holds too much, or an alias holds itself.");
        }

        switch (node)
        {
            case YamlScalarNode scalar when !values.TryAdd(path, IsNull(scalar) ? null : scalar.Value):
                throw Wrong(file, node.Start, $"The key {path} is there twice.");
            case YamlMappingNode group:
                foreach (var (key, value) in group.Children)
                {
                    Add(file, value, Join(path, (key as YamlScalarNode)?.Value ?? throw Wrong(file, key.Start, "A key is not a word.")), depth + 1, values);
                }

                break;
            case YamlSequenceNode list:
                for (var i = 0; i < list.Children.Count; i++)
                {
                    Add(file, list.Children[i], Join(path, i.ToString(CultureInfo.InvariantCulture)), depth + 1, values);
                }

                break;
        }
    }

    private static string Join(string path, string key) => path.Length == 0 ? key : ConfigurationPath.Combine(path, key);

    private static bool IsNull(YamlScalarNode scalar) =>
        scalar is { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    private static ConfigurationException Wrong(string file, Mark at, string what) =>
        new([string.Create(CultureInfo.InvariantCulture, $"{file}: line {at.Line}, column {at.Column}: {what}")]);
}

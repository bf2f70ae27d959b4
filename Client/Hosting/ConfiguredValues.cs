using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace Frontier.Client;

/// <summary>Reads options from a configuration section by hand, so that it works in trimmed and AOT programs. Every key must be known.</summary>
internal sealed class ConfiguredValues
{
    private readonly IConfiguration _section;
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    public ConfiguredValues(IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        _section = section;
    }

    /// <summary>Reads a value, or keeps the one there is.</summary>
    /// <exception cref="ArgumentException">It cannot be read; names the key.</exception>
    public T Read<T>(string key, T otherwise, Func<string, T> parse)
    {
        _known.Add(key);
        if (_section[key] is not { Length: > 0 } text)
        {
            return otherwise;
        }

        try
        {
            return parse(text);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new ArgumentException($"{PathOf(key)} is \"{text}\": {e.Message}", key, e);
        }
    }

    public TimeSpan Read(string key, TimeSpan otherwise) => Read(key, otherwise, text => TimeSpan.Parse(text, CultureInfo.InvariantCulture));

    public int Read(string key, int otherwise) => Read(key, otherwise, text => int.Parse(text, CultureInfo.InvariantCulture));

    public ulong Read(string key, ulong otherwise) => Read(key, otherwise, text => ulong.Parse(text, CultureInfo.InvariantCulture));

    public bool Read(string key, bool otherwise) => Read(key, otherwise, bool.Parse);

    public string Read(string key, string otherwise) => Read(key, otherwise, text => text);

    public ReadOnlyMemory<byte> ReadUtf8(string key, ReadOnlyMemory<byte> otherwise) => Read(key, otherwise, text => Encoding.UTF8.GetBytes(text));

    /// <summary>Reads a list: children, or one value with commas.</summary>
    public IReadOnlyList<T> ReadList<T>(string key, IReadOnlyList<T> otherwise, Func<string, T> parse)
    {
        var children = _section.GetSection(key).GetChildren().Select(child => child.Value ?? "").ToArray();
        if (children.Length == 0)
        {
            return Read(key, otherwise, text => [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(parse)]);
        }

        _known.Add(key);
        try
        {
            return [.. children.Select(parse)];
        }
        catch (FormatException e)
        {
            throw new ArgumentException($"{PathOf(key)}: {e.Message}", key, e);
        }
    }

    /// <summary>Whether the section says anything under a key.</summary>
    public bool Has(string key)
    {
        _known.Add(key);
        return _section.GetSection(key).Exists();
    }

    /// <summary>The values below a key.</summary>
    public ConfiguredValues Below(string key)
    {
        _known.Add(key);
        return new ConfiguredValues(_section.GetSection(key));
    }

    /// <summary>Refuses keys that nobody asked for: a misspelt one would have no effect without anyone noticing.</summary>
    /// <exception cref="ArgumentException">There is one; names it.</exception>
    public void ThrowIfUnknown()
    {
        foreach (var child in _section.GetChildren())
        {
            if (!_known.Contains(child.Key))
            {
                throw new ArgumentException($"{child.Path} is not an option; there are {string.Join(", ", _known.Order(StringComparer.Ordinal))}.", child.Key);
            }
        }
    }

    private string PathOf(string key) => _section is IConfigurationSection section ? $"{section.Path}:{key}" : key;
}

using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>
/// Fills an options object from its section. The framework's binder does not serve here: it stops at the first wrong value with its own text,
/// reads neither <c>10s</c> nor <c>10MiB</c>, and cannot say which keys it would have taken.
/// </summary>
internal static class OptionBinder
{
    /// <summary>
    /// Sets what the section has; an absent or empty value leaves the default. Every wrong value is added to <paramref name="failures"/> with its path.
    /// </summary>
    public static void Bind(IConfigurationSection section, object options, ICollection<string> failures)
    {
        foreach (var key in OptionKey.Of(options.GetType()))
        {
            BindKey(section.GetSection(key.Name), key, options, failures);
        }
    }

    private static void BindKey(IConfigurationSection value, OptionKey key, object options, ICollection<string> failures)
    {
        switch (key.Kind)
        {
            case OptionKeyKind.Group when !string.IsNullOrEmpty(value.Value):
                failures.Add($"{KeyPath.Of(value)}: \"{value.Value}\" stands where a group of keys is expected");
                break;
            case OptionKeyKind.Group:
                Bind(value, key.Property.GetValue(options)!, failures);
                break;
            case OptionKeyKind.List when !string.IsNullOrEmpty(value.Value):
                failures.Add($"{KeyPath.Of(value)}: \"{value.Value}\" stands where a list is expected");
                break;
            case OptionKeyKind.List:
                BindList(value, key, options, failures);
                break;
            case OptionKeyKind.Map when !string.IsNullOrEmpty(value.Value):
                failures.Add($"{KeyPath.Of(value)}: \"{value.Value}\" stands where a group of keys is expected");
                break;
            case OptionKeyKind.Map:
                BindMap(value, key, options, failures);
                break;
            case OptionKeyKind.Scalar when value.GetChildren().Any():
                failures.Add($"{KeyPath.Of(value)}: a group of keys stands where one value is expected");
                break;
            case OptionKeyKind.Scalar when !string.IsNullOrEmpty(value.Value):
                if (TryRead(value, key, failures, out var scalar))
                {
                    key.Property.SetValue(options, scalar);
                }

                break;
        }
    }

    private static void BindList(IConfigurationSection list, OptionKey key, object options, ICollection<string> failures)
    {
        var elements = list.GetChildren().ToArray();
        if (elements.Length == 0)
        {
            return;
        }

        var values = Array.CreateInstance(key.ValueType, elements.Length);
        for (var i = 0; i < elements.Length; i++)
        {
            if (OptionKey.Of(key.ValueType).Count > 0)
            {
                var element = Activator.CreateInstance(key.ValueType)!;
                Bind(elements[i], element, failures);
                values.SetValue(element, i);
            }
            else if (TryRead(elements[i], key, failures, out var element))
            {
                values.SetValue(element, i);
            }
        }

        key.Property.SetValue(options, values);
    }

    private static void BindMap(IConfigurationSection map, OptionKey key, object options, ICollection<string> failures)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var child in map.GetChildren())
        {
            if (child.GetChildren().Any())
            {
                failures.Add($"{KeyPath.Of(child)}: a group of keys stands where one value is expected");
            }
            else
            {
                values[child.Key] = child.Value ?? "";
            }
        }

        key.Property.SetValue(options, values);
    }

    private static bool TryRead(IConfigurationSection section, OptionKey key, ICollection<string> failures, out object? value)
    {
        var text = section.Value ?? "";
        value = null;
        string expected;
        if (key.ValueType == typeof(string))
        {
            value = text;
            return true;
        }
        else if (key.ValueType == typeof(bool))
        {
            value = ReadBool(text);
            expected = "true or false";
        }
        else if (key.ValueType == typeof(TimeSpan))
        {
            value = Duration.TryParse(text, out var duration) ? duration : null;
            expected = "a duration such as 10s, 1m30s or 00:00:10";
        }
        else if (key.ValueType.IsEnum)
        {
            value = ReadEnum(key.ValueType, text);
            expected = "one of " + string.Join(", ", Enum.GetNames(key.ValueType).Select(name => name.ToLowerInvariant()));
        }
        else if (key.IsByteSize)
        {
            value = ByteSize.TryParse(text, out var bytes) ? bytes : null;
            expected = "a size such as 10485760, 64KiB or 10MiB (at most 2 GiB)";
        }
        else
        {
            value = YamlNumber.TryParse(text, out var number) ? number : null;
            expected = text.StartsWith('0') ? "a whole number (octal is written 0o17, decimal without a leading 0)" : "a whole number";
        }

        if (value is null)
        {
            failures.Add($"{KeyPath.Of(section)}: \"{text}\" is not {expected}");
        }

        return value is not null;
    }

    // The words YAML 1.1 knows, because that is what the Go gateway's parser takes.
    private static object? ReadBool(string text) => text.Trim().ToLowerInvariant() switch
    {
        "true" or "yes" or "on" or "y" => true,
        "false" or "no" or "off" or "n" => false,
        _ => null,
    };

    // Enum.TryParse would also take numbers and lists of names.
    private static object? ReadEnum(Type type, string text) =>
        Enum.GetNames(type).FirstOrDefault(name => name.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase)) is { } name
            ? Enum.Parse(type, name)
            : null;
}

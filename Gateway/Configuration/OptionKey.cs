using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>What kind of value stands under a key.</summary>
internal enum OptionKeyKind
{
    /// <summary>One value.</summary>
    Scalar,

    /// <summary>A list of values or of groups.</summary>
    List,

    /// <summary>A group of further keys.</summary>
    Group,

    /// <summary>A group whose keys are the user's own, each with one value.</summary>
    Map,
}

/// <summary>
/// One key of an options class. The classes are the only list of the keys there are: the binder fills them by it, the audit finds unknown keys by it.
/// </summary>
/// <param name="Name">The key as users write it.</param>
/// <param name="Property">The property it binds to.</param>
/// <param name="Kind">What stands under it.</param>
/// <param name="ValueType">The type of the value; of an element for a list.</param>
internal sealed record OptionKey(string Name, PropertyInfo Property, OptionKeyKind Kind, Type ValueType)
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyList<OptionKey>> KeysByType = new();

    /// <summary>Whether the value is a number of bytes.</summary>
    public bool IsByteSize => Property.IsDefined(typeof(ByteSizeAttribute));

    /// <summary>The keys of an options class; none for a type that holds a single value.</summary>
    public static IReadOnlyList<OptionKey> Of(Type optionsType) => KeysByType.GetOrAdd(optionsType, static type =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => (property, name: property.GetCustomAttribute<ConfigurationKeyNameAttribute>()?.Name))
            .Where(key => key.name is not null)
            .Select(key => Describe(key.property, key.name!))]);

    private static OptionKey Describe(PropertyInfo property, string name)
    {
        var type = property.PropertyType;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            return new(name, property, OptionKeyKind.List, type.GetGenericArguments()[0]);
        }

        if (type == typeof(IReadOnlyDictionary<string, string>))
        {
            return new(name, property, OptionKeyKind.Map, typeof(string));
        }

        return new(name, property, IsSingleValue(type) ? OptionKeyKind.Scalar : OptionKeyKind.Group, type);
    }

    private static bool IsSingleValue(Type type) => type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(TimeSpan);
}

using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json.Serialization;
using k8s.Models;

namespace Frontier.Operator.Crd;

/// <summary>Makes a structural OpenAPI schema from C# types: ours, with their attributes, and those of KubernetesClient that ours contain.</summary>
internal static class SchemaGenerator
{
    /// <summary>The schema of a type.</summary>
    /// <exception cref="NotSupportedException">The type holds something that has no schema here.</exception>
    public static V1JSONSchemaProps Of(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
        {
            return new V1JSONSchemaProps { Type = "string" };
        }

        if (type == typeof(bool))
        {
            return new V1JSONSchemaProps { Type = "boolean" };
        }

        if (type == typeof(int))
        {
            return new V1JSONSchemaProps { Type = "integer", Format = "int32" };
        }

        if (type == typeof(long))
        {
            return new V1JSONSchemaProps { Type = "integer", Format = "int64" };
        }

        if (type == typeof(DateTime) || type == typeof(DateTimeOffset))
        {
            return new V1JSONSchemaProps { Type = "string", Format = "date-time" };
        }

        // A quantity may be written as a number, too.
        if (type == typeof(IntOrString) || type == typeof(ResourceQuantity))
        {
            return new V1JSONSchemaProps { AnyOf = [new V1JSONSchemaProps { Type = "integer" }, new V1JSONSchemaProps { Type = "string" }], XKubernetesIntOrString = true };
        }

        if (Find(type, typeof(IDictionary<,>)) is { } map)
        {
            return new V1JSONSchemaProps { Type = "object", AdditionalProperties = Of(map.GetGenericArguments()[1]) };
        }

        if (Find(type, typeof(IEnumerable<>)) is { } list)
        {
            return ListOf(list.GetGenericArguments()[0]);
        }

        return type is { IsClass: true } && !typeof(IEnumerable).IsAssignableFrom(type)
            ? ObjectOf(type)
            : throw new NotSupportedException($"{type} has no schema.");
    }

    private static V1JSONSchemaProps ListOf(Type item)
    {
        var schema = new V1JSONSchemaProps { Type = "array", Items = Of(item) };
        if (item == typeof(V1Condition))
        {
            schema.XKubernetesListType = "map";
            schema.XKubernetesListMapKeys = ["type"];
        }

        return schema;
    }

    private static V1JSONSchemaProps ObjectOf(Type type)
    {
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.GetCustomAttribute<JsonPropertyNameAttribute>() is not null)
            .ToDictionary(property => property.GetCustomAttribute<JsonPropertyNameAttribute>()!.Name, property => property);
        var schema = new V1JSONSchemaProps
        {
            Type = "object",
            Description = type.GetCustomAttribute<DescriptionAttribute>()?.Description,
            Properties = properties.OrderBy(property => property.Key, StringComparer.Ordinal)
                .ToDictionary(property => property.Key, property => PropertyOf(property.Value)),
            Required = RequiredOf(type, properties),
        };
        var rules = type.GetCustomAttributes<CelRuleAttribute>().ToList();
        if (rules.Count > 0)
        {
            schema.XKubernetesValidations = [.. rules.Select(rule => new V1ValidationRule { Rule = rule.Rule, Message = rule.Message })];
        }

        return schema;
    }

    // A condition is the one type of Kubernetes' that the operator writes itself, and the API's conventions say what it needs.
    private static List<string>? RequiredOf(Type type, Dictionary<string, PropertyInfo> properties) => type == typeof(V1Condition)
        ? ["lastTransitionTime", "message", "reason", "status", "type"]
        : properties.Where(property => property.Value.GetCustomAttribute<RequiredAttribute>() is not null)
            .Select(property => property.Key)
            .Order(StringComparer.Ordinal)
            .ToList() is { Count: > 0 } required ? required : null;

    private static V1JSONSchemaProps PropertyOf(PropertyInfo property)
    {
        var schema = Of(property.PropertyType);
        schema.Description = property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? schema.Description;
        schema.DefaultProperty = property.GetCustomAttribute<DefaultValueAttribute>()?.Value;
        schema.EnumProperty = property.GetCustomAttribute<AllowedValuesAttribute>()?.Values.OfType<object>().ToList();
        schema.Pattern = property.GetCustomAttribute<RegularExpressionAttribute>()?.Pattern;
        schema.MinItems = property.GetCustomAttribute<MinLengthAttribute>()?.Length;
        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
        {
            schema.Minimum = Convert.ToDouble(range.Minimum, System.Globalization.CultureInfo.InvariantCulture);
            schema.Maximum = Convert.ToDouble(range.Maximum, System.Globalization.CultureInfo.InvariantCulture);
        }

        return schema;
    }

    private static Type? Find(Type type, Type generic) => type.IsGenericType && type.GetGenericTypeDefinition() == generic
        ? type
        : type.GetInterfaces().FirstOrDefault(candidate => candidate.IsGenericType && candidate.GetGenericTypeDefinition() == generic);
}

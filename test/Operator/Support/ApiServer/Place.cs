using Frontier.Operator.Kube;

namespace Frontier.Operator.Tests.Support.ApiServer;

/// <summary>What a path of the API means.</summary>
/// <param name="Type">The kind; null for the description of a group and version.</param>
/// <param name="Namespace">The namespace; null for all.</param>
/// <param name="Name">The object; null for a list.</param>
/// <param name="Subresource">Such as <c>status</c>.</param>
/// <param name="Resources">The kinds of the group and version.</param>
internal sealed record Place(ResourceType? Type, string? Namespace, string? Name, string? Subresource, IReadOnlyList<string> Resources)
{
    public ObjectKey Key => new(Namespace!, Name!);

    public static Place? Parse(string path, IEnumerable<ResourceType> known)
    {
        foreach (var group in known.GroupBy(type => type.ApiPath))
        {
            if (path != $"/{group.Key}" && !path.StartsWith($"/{group.Key}/", StringComparison.Ordinal))
            {
                continue;
            }

            var rest = path[(group.Key.Length + 1)..].Trim('/').Split('/', StringSplitOptions.RemoveEmptyEntries);
            if (rest.Length == 0)
            {
                return new Place(null, null, null, null, [.. group.Select(type => type.Plural)]);
            }

            string? @namespace = null;
            if (rest[0] == "namespaces" && rest.Length > 2)
            {
                @namespace = rest[1];
                rest = rest[2..];
            }

            return group.FirstOrDefault(type => type.Plural == rest[0]) is { } found
                ? new Place(found, @namespace, rest.ElementAtOrDefault(1), rest.ElementAtOrDefault(2), [])
                : null;
        }

        return null;
    }
}

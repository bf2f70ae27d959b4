using System.Text.Json.Nodes;

namespace Frontier.Operator.Tests.Support;

/// <summary>
/// Compares objects with a file of the repository. <c>FRONTIER_WRITE_GOLDEN=1</c> writes the files instead; what then shows in the diff is what changed for users.
/// </summary>
internal static class Golden
{
    private static readonly string[] ServersOwn = ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"];

    public static void Matches(string file, IEnumerable<JsonObject> objects)
    {
        var actual = string.Join("---\n", objects.Select(item => Yaml.Write(Clean(item))));
        var path = Repository.PathOf("test", "Operator", "Golden", file);
        if (Environment.GetEnvironmentVariable("FRONTIER_WRITE_GOLDEN") == "1")
        {
            File.WriteAllText(path, actual);
        }

        Assert.That(actual, Is.EqualTo(File.ReadAllText(path).ReplaceLineEndings("\n")), $"{file} (FRONTIER_WRITE_GOLDEN=1 writes it)");
    }

    // What differs from run to run.
    private static JsonObject Clean(JsonObject json)
    {
        var clean = json.DeepClone().AsObject();
        clean.Remove("status");
        foreach (var name in ServersOwn)
        {
            clean["metadata"]!.AsObject().Remove(name);
        }

        if (clean["metadata"]!["ownerReferences"]?[0] is JsonObject owner)
        {
            owner["uid"] = "UID";
        }

        // It covers the owner's uid.
        if (clean["metadata"]!["annotations"]?["frontier.singchia.io/applied"] is not null)
        {
            clean["metadata"]!["annotations"]!["frontier.singchia.io/applied"] = "DIGEST";
        }

        return clean;
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using k8s;

namespace Frontier.Operator.Kube;

/// <summary>
/// An object of the API as it stands in JSON, so that nothing a newer server says is lost or misread. Never changed once it is made.
/// </summary>
/// <param name="json">The object.</param>
internal sealed class KubeObject(JsonObject json)
{
    /// <summary>The object in JSON; to be read only.</summary>
    public JsonObject Json { get; } = json;

    /// <summary>Namespace and name.</summary>
    public ObjectKey Key => new(Text("namespace") ?? "", Name);

    /// <summary>The name.</summary>
    public string Name => Text("name") ?? "";

    /// <summary>The kind; empty in the items of some lists.</summary>
    public string Kind => Json["kind"]?.GetValue<string>() ?? "";

    /// <summary>The uid.</summary>
    public string Uid => Text("uid") ?? "";

    /// <summary>The version of the object.</summary>
    public string ResourceVersion => Text("resourceVersion") ?? "";

    /// <summary>Whether it is on its way out.</summary>
    public bool IsDeleting => Metadata?["deletionTimestamp"] is not null;

    /// <summary>The uid of the object that controls it; null for none.</summary>
    public string? ControllerUid => Controller?["uid"]?.GetValue<string>();

    /// <summary>The object that controls it; null for none.</summary>
    public JsonObject? Controller => (Metadata?["ownerReferences"] as JsonArray)?
        .OfType<JsonObject>()
        .FirstOrDefault(owner => owner["controller"]?.GetValue<bool>() == true);

    private JsonObject? Metadata => Json["metadata"] as JsonObject;

    /// <summary>An annotation; null when it has none of that name.</summary>
    public string? Annotation(string name) => Metadata?["annotations"]?[name]?.GetValue<string>();

    /// <summary>The object as a type.</summary>
    /// <exception cref="System.Text.Json.JsonException">It is not of that type.</exception>
    public T As<T>() => KubernetesJson.Deserialize<T>(Json);

    /// <summary>
    /// Whether this is an older state than another of the same object. Versions are numbers that grow on every API server there is; where one is not, nothing
    /// is known and nothing is older.
    /// </summary>
    public bool IsOlderThan(KubeObject other) =>
        ulong.TryParse(ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var mine)
        && ulong.TryParse(other.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var theirs)
        && mine < theirs;

    private string? Text(string name) => Metadata?[name]?.GetValue<string>();
}

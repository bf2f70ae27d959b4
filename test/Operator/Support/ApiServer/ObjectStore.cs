using System.Globalization;
using System.Text.Json.Nodes;
using Frontier.Operator.Kube;

namespace Frontier.Operator.Tests.Support.ApiServer;

/// <summary>The objects and what happened to them, with one revision for all, as etcd has it.</summary>
internal sealed class ObjectStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(ResourceType Type, ObjectKey Key), JsonObject> _objects = [];
    private readonly Dictionary<string, Dictionary<string, HashSet<string>>> _owners = [];
    private readonly List<Change> _history = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _revision = 100;
    private ulong _compacted;

    /// <summary>After every change, outside of the lock.</summary>
    public event Action<Change>? Changed;

    public ulong Revision
    {
        get
        {
            lock (_lock)
            {
                return _revision;
            }
        }
    }

    public JsonObject? Find(ResourceType type, ObjectKey key)
    {
        lock (_lock)
        {
            return _objects.GetValueOrDefault((type, key))?.DeepClone().AsObject();
        }
    }

    public (List<JsonObject> Items, ulong Revision) List(ResourceType type, string? @namespace)
    {
        lock (_lock)
        {
            return (
                [
                    .. _objects.Where(item => item.Key.Type == type && (@namespace is null || item.Key.Key.Namespace == @namespace))
                        .OrderBy(item => item.Key.Key.ToString(), StringComparer.Ordinal)
                        .Select(item => item.Value.DeepClone().AsObject()),
                ],
                _revision);
        }
    }

    public IReadOnlyList<JsonObject> All()
    {
        lock (_lock)
        {
            return [.. _objects.Values.Select(item => item.DeepClone().AsObject())];
        }
    }

    /// <summary>Changes an object under the lock, or makes or deletes it.</summary>
    /// <param name="type">Its kind.</param>
    /// <param name="key">Which.</param>
    /// <param name="change">Gets the object, or null, and who owns what in it; gives the new state, null for none.</param>
    /// <returns>The new state; of a deleted object the last one.</returns>
    public JsonObject? Edit(ResourceType type, ObjectKey key, Func<JsonObject?, Dictionary<string, HashSet<string>>, JsonObject?> change)
    {
        Change happened;
        lock (_lock)
        {
            var before = _objects.GetValueOrDefault((type, key));
            var uid = before?["metadata"]?["uid"]?.GetValue<string>() ?? "";
            var owners = _owners.GetValueOrDefault(uid)?.ToDictionary(owner => owner.Key, owner => owner.Value.ToHashSet()) ?? [];
            var after = change(before?.DeepClone().AsObject(), owners);
            if (after is null && before is null)
            {
                return null;
            }

            if (after is not null)
            {
                var metadata = after["metadata"]!.AsObject();
                metadata["uid"] ??= Guid.NewGuid().ToString();
                metadata["creationTimestamp"] ??= DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
                metadata.Remove("resourceVersion");
                metadata["managedFields"] = ServerSideApply.Describe(owners, type.ApiVersion);
                _owners[metadata["uid"]!.GetValue<string>()] = owners;
                if (before is not null && IsSame(before, after))
                {
                    return before.DeepClone().AsObject(); // Nothing changed, so nothing happened.
                }
            }

            _revision++;
            if (after is null)
            {
                _objects.Remove((type, key));
                before!["metadata"]!["resourceVersion"] = Text(_revision);
            }
            else
            {
                after["metadata"]!["resourceVersion"] = Text(_revision);
                _objects[(type, key)] = after;
            }

            happened = new Change(_revision, type, before?.DeepClone().AsObject(), after?.DeepClone().AsObject());
            _history.Add(happened);
            var changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }

        Changed?.Invoke(happened);
        return (happened.After ?? happened.Before)!.DeepClone().AsObject();
    }

    /// <summary>What happened after a revision; null when that is no longer known.</summary>
    public (List<Change> Changes, ulong Revision, Task Next)? Since(ulong revision)
    {
        lock (_lock)
        {
            return revision < _compacted ? null : ([.. _history.Where(change => change.Revision > revision)], _revision, _changed.Task);
        }
    }

    /// <summary>Forgets everything that has happened so far.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            _compacted = ++_revision;
            _history.Clear();
        }
    }

    public static string Text(ulong revision) => revision.ToString(CultureInfo.InvariantCulture);

    private static bool IsSame(JsonObject before, JsonObject after)
    {
        var old = before.DeepClone().AsObject();
        old["metadata"]!.AsObject().Remove("resourceVersion");
        return JsonNode.DeepEquals(old, after);
    }
}

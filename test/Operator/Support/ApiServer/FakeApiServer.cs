using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Frontier.Operator.Kube;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Frontier.Operator.Tests.Support.ApiServer;

/// <summary>
/// An API server in this process: lists in pages, watches with bookmarks and their end, conflicts of versions, server-side apply with managed fields, status
/// subresources, schemas, defaults, strict models, the rights of the operator's roles; and the faults a test asks for. What it does not have: authentication, admission webhooks, and every kind
/// the operator does not use.
/// </summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private static readonly ResourceType[] Known =
    [
        ResourceType.FrontierClusters, ResourceType.Deployments, ResourceType.Services, ResourceType.Secrets, ResourceType.Events, ResourceType.Leases,
        ResourceType.PodDisruptionBudgets, ResourceType.HorizontalPodAutoscalers, ResourceType.NetworkPolicies, ResourceType.ServiceMonitors,
    ];

    private readonly WebApplication _app;
    private readonly CustomSchema _schema = new(Repository.Read("k8s", "crd", "frontierclusters.frontier.singchia.io.yaml"));
    private readonly AccessRules _rights = new(Repository.Read("k8s", "manifests", "rbac.yaml"));
    private readonly ConcurrentQueue<ApiRequest> _requests = new();
    private readonly List<Fault> _faults = [];
    private readonly ClusterControllers _controllers;
    private CancellationTokenSource _watches = new();

    private FakeApiServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(HandleAsync);
        _controllers = new ClusterControllers(Store);
    }

    public ObjectStore Store { get; } = new();

    /// <summary>The part of Kubernetes that makes pods ready and collects garbage.</summary>
    public ClusterControllers Controllers => _controllers;

    public string Url => _app.Urls.Single();

    /// <summary>Whether the API knows ServiceMonitors.</summary>
    public bool HasServiceMonitors { get; set; }

    /// <summary>All requests so far.</summary>
    public IReadOnlyList<ApiRequest> Requests => [.. _requests];

    /// <summary>The requests that were meant to change something, without the Lease that every leader renews.</summary>
    public IReadOnlyList<ApiRequest> Writes => [.. _requests.Where(request => request.IsWrite && request.Kind != "Lease")];

    public static async Task<FakeApiServer> StartAsync()
    {
        var server = new FakeApiServer();
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Answers the next requests of a kind with an error.</summary>
    public void Fail(string method, string kind, int status, int times = 1, string? retryAfter = null)
    {
        lock (_faults)
        {
            _faults.Add(new Fault(method, kind, status, retryAfter) { Left = times });
        }
    }

    /// <summary>No more errors.</summary>
    public void ClearFaults()
    {
        lock (_faults)
        {
            _faults.Clear();
        }
    }

    /// <summary>Whether all errors that were asked for have been given.</summary>
    public bool HasFailed
    {
        get
        {
            lock (_faults)
            {
                return _faults.All(fault => fault.Left == 0);
            }
        }
    }

    /// <summary>Cuts all watches off, in the middle of the connection.</summary>
    public void DropWatches() => Interlocked.Exchange(ref _watches, new CancellationTokenSource()).Cancel();

    /// <summary>Makes or changes an object, as a user would.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public JsonObject Apply(string yaml)
    {
        var json = Yaml.Read(yaml);
        var type = Known.Single(known => known.Kind == json["kind"]!.GetValue<string>());
        json["metadata"]!["namespace"] ??= "default";
        return Write(type, new KubeObject(json).Key, json, "kubectl", apply: true, force: true, subresource: null, mustExist: null);
    }

    public void Delete(ResourceType type, string name) => Store.Edit(type, new ObjectKey("default", name), (_, _) => null);

    public JsonObject? Find(ResourceType type, string name) => Store.Find(type, new ObjectKey("default", name));

    public async ValueTask DisposeAsync()
    {
        DropWatches();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await _app.StopAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // A client that was killed still holds a connection.
        }

        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var place = Place.Parse(context.Request.Path.Value!, Known.Where(type => HasServiceMonitors || type != ResourceType.ServiceMonitors));
        var isWatch = context.Request.Query["watch"] == "true";
        var method = isWatch ? "WATCH" : context.Request.Method;
        var kind = place?.Type is null ? "" : place.Subresource is null ? place.Type.Kind : $"{place.Type.Kind}/{place.Subresource}";
        var body = "";
        try
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            body = await reader.ReadToEndAsync();
            if (TakeFault(method, kind) is { } fault)
            {
                if (fault.RetryAfter is { } seconds)
                {
                    context.Response.Headers.RetryAfter = seconds;
                }

                throw new ApiException(fault.Status, "Injected", "a fault of the test");
            }

            if (place is null)
            {
                throw new ApiException(404, "NotFound", "the server could not find the requested resource");
            }

            _rights.Check(method, place, place.Name is not null && place.Type is not null && Store.Find(place.Type, place.Key) is not null);

            if (isWatch)
            {
                Note(200);
                await WatchAsync(context, place);
                return;
            }

            var answer = place.Type is null
                ? new JsonObject { ["kind"] = "APIResourceList", ["resources"] = new JsonArray([.. place.Resources.Select(name => new JsonObject { ["name"] = name })]) }
                : Answer(context, place, body);
            var status = context.Request.Method == "POST" ? 201 : 200;
            Note(status);
            await RespondAsync(context, status, answer);
        }
        catch (ApiException error)
        {
            Note(error.Status);
            await RespondAsync(context, error.Status, error.ToStatus());
        }

        void Note(int status)
        {
            var name = place?.Name ?? (body.StartsWith('{') ? JsonNode.Parse(body)?["metadata"]?["name"]?.GetValue<string>() : null) ?? "";
            _requests.Enqueue(new ApiRequest(method, kind, name, status, context.Request.Query["fieldManager"].ToString()));
        }
    }

    private JsonObject Answer(HttpContext context, Place place, string body)
    {
        var query = context.Request.Query;
        var type = place.Type!;
        switch (context.Request.Method)
        {
            case "GET" when place.Name is null:
                return List(place, query["labelSelector"].ToString(), query["limit"].ToString(), query["continue"].ToString());
            case "GET":
                return Store.Find(type, place.Key) ?? throw ApiException.NotFound(type, place.Name!);
            case "POST":
                var made = JsonNode.Parse(body)!.AsObject();
                made["metadata"]!["namespace"] ??= place.Namespace;
                return Write(type, new KubeObject(made).Key, made, "operator", apply: false, force: true, subresource: null, mustExist: false);
            case "PUT":
                return Write(type, place.Key, JsonNode.Parse(body)!.AsObject(), "operator", apply: false, force: true, place.Subresource, mustExist: true);
            case "PATCH" when context.Request.ContentType?.StartsWith("application/apply-patch+yaml", StringComparison.Ordinal) == true:
                var manager = query["fieldManager"].ToString();
                if (manager.Length == 0)
                {
                    throw new ApiException(400, "BadRequest", "fieldManager is required for apply");
                }

                return Write(type, place.Key, JsonNode.Parse(body)!.AsObject(), manager, apply: true, query["force"] == "true", place.Subresource, mustExist: null);
            case "DELETE":
                var uid = body.Length > 0 ? JsonNode.Parse(body)?["preconditions"]?["uid"]?.GetValue<string>() : null;
                return Store.Edit(type, place.Key, (existing, _) =>
                {
                    if (existing is null)
                    {
                        throw ApiException.NotFound(type, place.Name!);
                    }

                    return uid is null || existing["metadata"]!["uid"]!.GetValue<string>() == uid
                        ? null
                        : throw new ApiException(409, "Conflict", "the uid in the precondition does not match");
                })!;
            default:
                throw new ApiException(415, "UnsupportedMediaType", $"{context.Request.Method} {context.Request.ContentType}");
        }
    }

    private JsonObject Write(
        ResourceType type, ObjectKey key, JsonObject body, string manager, bool apply, bool force, string? subresource, bool? mustExist)
    {
        if (body["apiVersion"]?.GetValue<string>() != type.ApiVersion || body["kind"]?.GetValue<string>() != type.Kind)
        {
            throw new ApiException(400, "BadRequest", $"the object is not a {type.ApiVersion} {type.Kind}");
        }

        return Store.Edit(type, key, (existing, owners) =>
        {
            if (mustExist == false && existing is not null)
            {
                throw new ApiException(409, "AlreadyExists", $"{type.Plural} \"{key.Name}\" already exists");
            }

            if (existing is null && (mustExist == true || subresource is not null))
            {
                throw ApiException.NotFound(type, key.Name);
            }

            // An answer to an old version must not overwrite a newer one.
            var version = body["metadata"]?["resourceVersion"]?.GetValue<string>();
            if (version is not null && version != existing?["metadata"]?["resourceVersion"]?.GetValue<string>())
            {
                throw new ApiException(409, "Conflict", "the object has been modified; please apply your changes to the latest version and try again");
            }

            var after = existing?.DeepClone().AsObject()
                ?? new JsonObject { ["apiVersion"] = type.ApiVersion, ["kind"] = type.Kind, ["metadata"] = new JsonObject { ["name"] = key.Name, ["namespace"] = key.Namespace } };
            if (apply)
            {
                var conflicts = ServerSideApply.Apply(after, owners, Part(body, subresource, type), manager, force);
                if (conflicts.Count > 0)
                {
                    throw new ApiException(409, "Conflict", $"conflicts with {string.Join(", ", conflicts)}");
                }
            }
            else
            {
                var before = after.DeepClone().AsObject();
                var replaced = body.DeepClone().AsObject();
                replaced["metadata"]!["uid"] = existing?["metadata"]?["uid"]?.DeepClone();
                replaced["metadata"]!["creationTimestamp"] = existing?["metadata"]?["creationTimestamp"]?.DeepClone();
                after = replaced;
                ServerSideApply.Update(before, after, owners, manager);
            }

            Admission.Check(type, existing, after, _schema);
            return after;
        })!;
    }

    // What a request may change: all but the status, or the status alone.
    private static JsonObject Part(JsonObject body, string? subresource, ResourceType type)
    {
        var part = body.DeepClone().AsObject();
        if (subresource == "status")
        {
            part = new JsonObject { ["status"] = body["status"]?.DeepClone() };
        }
        else if (type == ResourceType.FrontierClusters || type == ResourceType.Deployments)
        {
            part.Remove("status");
        }

        return part;
    }

    private JsonObject List(Place place, string selector, string limit, string after)
    {
        var (items, revision) = Store.List(place.Type!, place.Namespace);
        var chosen = items.Where(item => Matches(item, selector)).ToList();
        var start = after.Length > 0 ? int.Parse(after, CultureInfo.InvariantCulture) : 0;
        var size = limit.Length > 0 ? int.Parse(limit, CultureInfo.InvariantCulture) : int.MaxValue;
        var page = chosen.Skip(start).Take(size).ToList();
        foreach (var item in page)
        {
            item.Remove("kind");
            item.Remove("apiVersion");
        }

        var metadata = new JsonObject { ["resourceVersion"] = ObjectStore.Text(revision) };
        if (start + page.Count < chosen.Count)
        {
            metadata["continue"] = (start + page.Count).ToString(CultureInfo.InvariantCulture);
        }

        return new JsonObject { ["kind"] = $"{place.Type!.Kind}List", ["apiVersion"] = place.Type.ApiVersion, ["metadata"] = metadata, ["items"] = new JsonArray([.. page]) };
    }

    private async Task WatchAsync(HttpContext context, Place place)
    {
        var dropped = _watches.Token;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, dropped);
        var limit = TimeSpan.FromSeconds(double.Parse(context.Request.Query["timeoutSeconds"].ToString(), CultureInfo.InvariantCulture));
        var selector = context.Request.Query["labelSelector"].ToString();
        var revision = ulong.Parse(context.Request.Query["resourceVersion"].ToString(), CultureInfo.InvariantCulture);
        context.Response.ContentType = "application/json";
        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
        var until = DateTime.UtcNow + limit;
        try
        {
            while (true)
            {
                if (Store.Since(revision) is not { } news)
                {
                    await SendAsync("ERROR", new ApiException(410, "Expired", "too old resource version").ToStatus());
                    return;
                }

                foreach (var change in news.Changes.Where(change => change.Type == place.Type && IsIn(change, place.Namespace)))
                {
                    var was = change.Before is not null && Matches(change.Before, selector);
                    var isNow = change.After is not null && Matches(change.After, selector);
                    if (was || isNow)
                    {
                        var seen = (isNow ? change.After : change.After ?? change.Before)!.DeepClone().AsObject();
                        await SendAsync(isNow ? was ? "MODIFIED" : "ADDED" : "DELETED", seen);
                    }
                }

                if (revision != news.Revision)
                {
                    revision = news.Revision;
                    // More often than a real server, so that going on from a bookmark is what happens.
                    await SendAsync("BOOKMARK", new JsonObject
                    {
                        ["apiVersion"] = place.Type!.ApiVersion, ["kind"] = place.Type.Kind, ["metadata"] = new JsonObject { ["resourceVersion"] = ObjectStore.Text(revision) },
                    });
                }

                var left = until - DateTime.UtcNow;
                if (left <= TimeSpan.Zero)
                {
                    return;
                }

                await Task.WhenAny(news.Next, Task.Delay(left, end.Token));
                end.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }

        async Task SendAsync(string kind, JsonObject subject)
        {
            var line = new JsonObject { ["type"] = kind, ["object"] = subject }.ToJsonString() + "\n";
            await context.Response.WriteAsync(line, end.Token);
            await context.Response.Body.FlushAsync(end.Token);
        }
    }

    private Fault? TakeFault(string method, string kind)
    {
        lock (_faults)
        {
            var fault = _faults.FirstOrDefault(candidate => candidate.Left > 0 && candidate.Method == method && candidate.Kind == kind);
            if (fault is not null)
            {
                fault.Left--;
            }

            return fault;
        }
    }

    private static bool IsIn(Change change, string? @namespace) =>
        @namespace is null || (change.After ?? change.Before)!["metadata"]!["namespace"]!.GetValue<string>() == @namespace;

    private static bool Matches(JsonObject item, string selector) => selector.Length == 0 || selector.Split(',').All(term =>
    {
        var parts = term.Split('=');
        return item["metadata"]?["labels"]?[parts[0]]?.GetValue<string>() == parts[1];
    });

    private static async Task RespondAsync(HttpContext context, int status, JsonObject answer)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.ToJsonString());
    }

    private sealed record Fault(string Method, string Kind, int Status, string? RetryAfter)
    {
        public int Left { get; set; }
    }
}

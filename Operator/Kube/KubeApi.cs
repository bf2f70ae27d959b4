using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using k8s;

namespace Frontier.Operator.Kube;

/// <summary>
/// The few verbs the operator needs, over the connection and the credentials that KubernetesClient sets up from a kubeconfig or from the pod. Objects stay
/// JSON: what is applied is exactly what was computed, without the empty members of typed models.
/// </summary>
internal sealed class KubeApi : IDisposable
{
    private readonly Kubernetes _client;
    private readonly OperatorMetrics _metrics;

    /// <summary>Connects when first used.</summary>
    public KubeApi(KubernetesClientConfiguration configuration, OperatorMetrics metrics)
    {
        _client = new Kubernetes(configuration);
        _metrics = metrics;
    }

    /// <summary>Reads all objects.</summary>
    /// <param name="type">Their kind.</param>
    /// <param name="namespace">Their namespace; null for all.</param>
    /// <param name="labelSelector">Labels they must have; null for any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The objects, and the version from which a watch goes on.</returns>
    /// <exception cref="KubeException">The server refuses.</exception>
    public async Task<(IReadOnlyList<KubeObject> Items, string ResourceVersion)> ListAsync(
        ResourceType type, string? @namespace, string? labelSelector, CancellationToken cancellationToken)
    {
        const int PageSize = 500;
        var items = new List<KubeObject>();
        string? next = null;
        while (true)
        {
            var page = await SendAsync(HttpMethod.Get, type.PathOf(@namespace) + Query(
                ("limit", $"{PageSize}"), ("labelSelector", labelSelector), ("continue", next)), null, null, cancellationToken);
            foreach (var item in page["items"]?.AsArray() ?? [])
            {
                if (item is JsonObject json)
                {
                    // Items of a list leave out what the list says for all of them.
                    json["apiVersion"] ??= type.ApiVersion;
                    json["kind"] ??= type.Kind;
                    items.Add(new KubeObject((JsonObject)json.DeepClone()));
                }
            }

            next = page["metadata"]?["continue"]?.GetValue<string>();
            if (string.IsNullOrEmpty(next))
            {
                return (items, page["metadata"]?["resourceVersion"]?.GetValue<string>() ?? "");
            }
        }
    }

    /// <summary>Follows changes until the server ends the watch.</summary>
    /// <param name="type">The objects' kind.</param>
    /// <param name="namespace">Their namespace; null for all.</param>
    /// <param name="labelSelector">Labels they must have; null for any.</param>
    /// <param name="resourceVersion">After which version.</param>
    /// <param name="duration">How long the server keeps the watch, at most.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="KubeException">The server refuses, or the watch ends with an error.</exception>
    public async IAsyncEnumerable<WatchEvent> WatchAsync(
        ResourceType type,
        string? @namespace,
        string? labelSelector,
        string resourceVersion,
        TimeSpan duration,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = Query(
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", resourceVersion),
            ("timeoutSeconds", $"{(int)duration.TotalSeconds}"),
            ("labelSelector", labelSelector));
        // A server that is gone without a word would leave the watch silent for ever; its own end comes before this one.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(duration + TimeSpan.FromSeconds(30));
        using var response = await SendRawAsync(HttpMethod.Get, type.PathOf(@namespace) + query, null, null, limit.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token), Encoding.UTF8);
        while (await reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Length == 0 || JsonNode.Parse(line) is not JsonObject message)
            {
                continue;
            }

            var kind = message["type"]?.GetValue<string>();
            var body = (JsonObject?)message["object"]?.DeepClone();
            if (kind == "ERROR")
            {
                throw KubeException.FromStatus(body);
            }

            if (body is not null && kind is not null)
            {
                yield return new WatchEvent(kind, new KubeObject(body));
            }
        }
    }

    /// <summary>Reads an object; null when there is none.</summary>
    /// <exception cref="KubeException">The server refuses.</exception>
    public async Task<KubeObject?> GetAsync(ResourceType type, ObjectKey key, CancellationToken cancellationToken)
    {
        try
        {
            return new KubeObject(await SendAsync(HttpMethod.Get, type.PathOf(key.Namespace, key.Name), null, null, cancellationToken));
        }
        catch (KubeException error) when (error.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Whether the API has a kind.</summary>
    /// <exception cref="KubeException">The server refuses.</exception>
    public async Task<bool> HasAsync(ResourceType type, CancellationToken cancellationToken)
    {
        try
        {
            var list = await SendAsync(HttpMethod.Get, type.ApiPath, null, null, cancellationToken);
            return (list["resources"] as JsonArray)?.Any(resource => resource?["name"]?.GetValue<string>() == type.Plural) == true;
        }
        catch (KubeException error) when (error.Status == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    /// <summary>Makes an object, or makes an existing one have the members that are given (server-side apply).</summary>
    /// <param name="type">Its kind.</param>
    /// <param name="json">The members, with name and namespace. With a <c>resourceVersion</c>, only that version is changed.</param>
    /// <param name="fieldManager">In whose name.</param>
    /// <param name="subresource">Such as <c>status</c>; null for the object itself.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="KubeException">The server refuses.</exception>
    public async Task<KubeObject> ApplyAsync(
        ResourceType type, JsonObject json, string fieldManager, string? subresource, CancellationToken cancellationToken)
    {
        var key = new KubeObject(json).Key;
        var path = type.PathOf(key.Namespace, key.Name) + (subresource is null ? "" : $"/{subresource}");
        var query = Query(("fieldManager", fieldManager), ("force", "true"));
        var applied = await SendAsync(HttpMethod.Patch, path + query, json, "application/apply-patch+yaml", cancellationToken);
        _metrics.Written("apply", subresource is null ? type.Kind : $"{type.Kind}/{subresource}");
        return new KubeObject(applied);
    }

    /// <summary>Makes an object.</summary>
    /// <exception cref="KubeException">The server refuses; status 409 when it exists.</exception>
    public async Task<KubeObject> CreateAsync(ResourceType type, string @namespace, JsonObject json, CancellationToken cancellationToken)
    {
        var created = await SendAsync(HttpMethod.Post, type.PathOf(@namespace), json, "application/json", cancellationToken);
        _metrics.Written("create", type.Kind);
        return new KubeObject(created);
    }

    /// <summary>Replaces an object of the version that is given.</summary>
    /// <exception cref="KubeException">The server refuses; status 409 when the object has changed.</exception>
    public async Task<KubeObject> ReplaceAsync(ResourceType type, JsonObject json, CancellationToken cancellationToken)
    {
        var key = new KubeObject(json).Key;
        var replaced = await SendAsync(HttpMethod.Put, type.PathOf(key.Namespace, key.Name), json, "application/json", cancellationToken);
        _metrics.Written("replace", type.Kind);
        return new KubeObject(replaced);
    }

    /// <summary>Deletes an object, if it is still the one that was seen.</summary>
    /// <exception cref="KubeException">The server refuses; status 409 when it is another one by now.</exception>
    public async Task DeleteAsync(ResourceType type, KubeObject seen, CancellationToken cancellationToken)
    {
        var options = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "DeleteOptions",
            ["propagationPolicy"] = "Background",
            ["preconditions"] = new JsonObject { ["uid"] = seen.Uid },
        };
        try
        {
            await SendAsync(HttpMethod.Delete, type.PathOf(seen.Key.Namespace, seen.Name), options, "application/json", cancellationToken);
            _metrics.Written("delete", type.Kind);
        }
        catch (KubeException error) when (error.Status == HttpStatusCode.NotFound)
        {
            // Somebody else was first.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static string Query(params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var query = new StringBuilder();
        foreach (var (name, value) in parameters)
        {
            if (!string.IsNullOrEmpty(value))
            {
                query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }

        return query.ToString();
    }

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject? body, string? contentType, CancellationToken cancellationToken)
    {
        // Longer than any answer of a server that works takes; without it, one that hangs would stop its key for ever.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        try
        {
            using var response = await SendRawAsync(method, path, body, contentType, limit.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
            return await JsonNode.ParseAsync(stream, cancellationToken: limit.Token) as JsonObject
                ?? throw new HttpRequestException("The API server's answer is not an object.");
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("The API server did not answer within 30 s.", error);
        }
    }

    private async Task<HttpResponseMessage> SendRawAsync(
        HttpMethod method, string path, JsonObject? body, string? contentType, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(_client.BaseUri, path));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType!);
        }

        if (_client.Credentials is { } credentials)
        {
            await credentials.ProcessHttpRequestAsync(request, cancellationToken);
        }

        var response = await _client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await KubeException.FromAsync(response, cancellationToken);
        }
    }
}

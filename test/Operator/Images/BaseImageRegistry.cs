using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Frontier.Operator.Tests.Images;

/// <summary>
/// A container registry with one image for two architectures, made up here: the tests have no network, so the real base image, Microsoft's chiselled runtime,
/// cannot be had. What is put on top of it is what is tested.
/// </summary>
internal sealed class BaseImageRegistry : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, (string Type, byte[] Content)> _blobs = [];
    private readonly string _index;

    private BaseImageRegistry()
    {
        var manifests = new JsonArray();
        foreach (var architecture in new[] { "amd64", "arm64" })
        {
            var tar = Layer(architecture);
            var layer = Add("application/vnd.oci.image.layer.v1.tar+gzip", Compress(tar));
            var config = Add("application/vnd.oci.image.config.v1+json", Json(new JsonObject
            {
                ["architecture"] = architecture,
                ["os"] = "linux",
                ["config"] = new JsonObject { ["Env"] = new JsonArray("PATH=/usr/bin"), ["User"] = "1654" },
                ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray(Digest(tar)) },
                ["history"] = new JsonArray(new JsonObject { ["created"] = "2026-01-01T00:00:00Z", ["created_by"] = "a test" }),
            }));
            var manifest = Add("application/vnd.oci.image.manifest.v1+json", Json(new JsonObject
            {
                ["schemaVersion"] = 2,
                ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
                ["config"] = Descriptor(config),
                ["layers"] = new JsonArray(Descriptor(layer)),
            }));
            var entry = Descriptor(manifest);
            entry["platform"] = new JsonObject { ["architecture"] = architecture, ["os"] = "linux" };
            manifests.Add(entry);
        }

        _index = Add("application/vnd.oci.image.index.v1+json", Json(new JsonObject
        {
            ["schemaVersion"] = 2, ["mediaType"] = "application/vnd.oci.image.index.v1+json", ["manifests"] = manifests,
        }));

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>The registry's name: host and port.</summary>
    public string Name => new Uri(_app.Urls.Single()).Authority;

    public static async Task<BaseImageRegistry> StartAsync()
    {
        var registry = new BaseImageRegistry();
        await registry._app.StartAsync();
        return registry;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    // GET /v2/, /v2/NAME/manifests/REFERENCE, /v2/NAME/blobs/DIGEST: all that pulling needs.
    private async Task AnswerAsync(HttpContext context)
    {
        var parts = context.Request.Path.Value!.Trim('/').Split('/');
        if (parts is ["v2"])
        {
            return;
        }

        var reference = parts[^1].StartsWith("sha256:", StringComparison.Ordinal) ? parts[^1] : _index;
        if (!_blobs.TryGetValue(reference, out var blob))
        {
            context.Response.StatusCode = 404;
            return;
        }

        context.Response.ContentType = parts[^2] == "blobs" ? "application/octet-stream" : blob.Type;
        context.Response.ContentLength = blob.Content.Length;
        context.Response.Headers["Docker-Content-Digest"] = reference;
        if (context.Request.Method != "HEAD")
        {
            await context.Response.Body.WriteAsync(blob.Content);
        }
    }

    private string Add(string type, byte[] content)
    {
        var digest = Digest(content);
        _blobs[digest] = (type, content);
        return digest;
    }

    private JsonObject Descriptor(string digest) =>
        new() { ["mediaType"] = _blobs[digest].Type, ["digest"] = digest, ["size"] = _blobs[digest].Content.Length };

    private static string Digest(byte[] content) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";

    private static byte[] Json(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static byte[] Layer(string architecture)
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, leaveOpen: true))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "etc/architecture") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(architecture)) });
        }

        return stream.ToArray();
    }

    private static byte[] Compress(byte[] content)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return stream.ToArray();
    }
}

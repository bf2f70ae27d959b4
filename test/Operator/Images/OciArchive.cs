using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;

namespace Frontier.Operator.Tests.Images;

/// <summary>An OCI image layout in a tar file.</summary>
internal sealed class OciArchive
{
    private readonly Dictionary<string, byte[]> _files = [];

    public OciArchive(string path)
    {
        using var file = File.OpenRead(path);
        using Stream content = file.ReadByte() == 0x1f ? new GZipStream(Rewind(file), CompressionMode.Decompress) : Rewind(file);
        foreach (var entry in EntriesOf(content))
        {
            _files[entry.Name.TrimStart('.', '/')] = entry.Content;
        }
    }

    public IEnumerable<string> Files => _files.Keys;

    public JsonObject Layout => JsonOf("oci-layout");

    public JsonObject Manifest => JsonOf(BlobOf(JsonOf("index.json")["manifests"]![0]!));

    public JsonObject Config => JsonOf(BlobOf(Manifest["config"]!));

    /// <summary>The files of all layers, the topmost wins.</summary>
    public Dictionary<string, (UnixFileMode Mode, byte[] Content)> Root()
    {
        var root = new Dictionary<string, (UnixFileMode, byte[])>();
        foreach (var layer in Manifest["layers"]!.AsArray())
        {
            using var content = new GZipStream(new MemoryStream(_files[BlobOf(layer!)]), CompressionMode.Decompress);
            foreach (var (name, mode, bytes) in EntriesOf(content))
            {
                root["/" + name.TrimStart('.', '/')] = (mode, bytes);
            }
        }

        return root;
    }

    private static string BlobOf(JsonNode descriptor) => $"blobs/{descriptor["digest"]!.GetValue<string>().Replace(':', '/')}";

    private static FileStream Rewind(FileStream file)
    {
        file.Position = 0;
        return file;
    }

    private static IEnumerable<(string Name, UnixFileMode Mode, byte[] Content)> EntriesOf(Stream content)
    {
        using var tar = new TarReader(content);
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
            {
                using var copy = new MemoryStream();
                entry.DataStream?.CopyTo(copy);
                yield return (entry.Name, entry.Mode, copy.ToArray());
            }
        }
    }

    private JsonObject JsonOf(string name) => JsonNode.Parse(_files[name])!.AsObject();
}

using System.Text.Json;

namespace Frontier.Vectors;

/// <summary>One line of a recording.</summary>
/// <param name="Listener">Which listener: <c>edge</c> or <c>service</c>.</param>
/// <param name="ConnectionId">The connection's number within the scenario.</param>
/// <param name="FromPeer">From the peer to the gateway; otherwise the other way.</param>
/// <param name="Sequence">The line's place in the scenario.</param>
/// <param name="Event"><c>open</c>, <c>packet</c> or <c>close</c>.</param>
/// <param name="Type">The packet's type as the recorder calls it; null for other events.</param>
/// <param name="Bytes">The whole frame; empty for other events.</param>
public sealed record RecordedEvent(string Listener, int ConnectionId, bool FromPeer, int Sequence, string Event, string? Type, byte[] Bytes)
{
    public bool IsPacket => Event == "packet";

    /// <summary>When, in microseconds since the scenario's start.</summary>
    public long Microseconds { get; init; }
}

/// <summary>A scenario of the Go SDK talking to the Go gateway; see the README beside the recordings.</summary>
public sealed record RecordedConversation(string Name, IReadOnlyList<RecordedEvent> Events)
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Vectors", "geminio");

    public IEnumerable<RecordedEvent> Packets => Events.Where(e => e.IsPacket);

    public static IReadOnlyList<string> Names =>
        [.. Directory.GetFiles(Folder, "*.jsonl").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)];

    public static RecordedConversation Load(string name) =>
        new(name, [.. File.ReadLines(Path.Combine(Folder, name + ".jsonl")).Where(line => line.Length > 0).Select(Parse)]);

    private static RecordedEvent Parse(string line)
    {
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        return new RecordedEvent(
            root.GetProperty("conn").GetString()!,
            root.GetProperty("conn_id").GetInt32(),
            root.GetProperty("dir").GetString() == "c2s",
            root.GetProperty("seq").GetInt32(),
            root.GetProperty("ev").GetString()!,
            root.TryGetProperty("type", out var type) ? type.GetString() : null,
            Convert.FromHexString(root.GetProperty("hex").GetString()!))
        {
            Microseconds = root.GetProperty("t_us").GetInt64(),
        };
    }
}

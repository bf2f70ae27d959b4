using System.Text;

namespace Frontier.Queues.Tests.Support;

/// <summary>A message as a queue's own client sees it.</summary>
/// <param name="Body">The body.</param>
/// <param name="Headers">The headers, or what the queue calls them.</param>
/// <param name="Key">The key; empty where the queue has none.</param>
internal sealed record Received(byte[] Body, IReadOnlyDictionary<string, byte[]> Headers, string Key = "")
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string Header(string name) => Headers.TryGetValue(name, out var value) ? Encoding.UTF8.GetString(value) : "";
}

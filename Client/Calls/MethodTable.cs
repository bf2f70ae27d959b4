using System.Collections.Concurrent;
using System.Text;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>The methods that one session serves, found by their name as it stands on the wire without making a string of it.</summary>
internal sealed class MethodTable
{
    private const int StackBytes = 256;

    private readonly ConcurrentDictionary<string, MethodHandler> _handlers = new(StringComparer.Ordinal);

    /// <summary>The names of all methods.</summary>
    public IEnumerable<string> Names => _handlers.Keys;

    public bool TryAdd(MethodHandler handler) => _handlers.TryAdd(handler.Name, handler);

    public void Remove(MethodHandler handler) => _handlers.TryRemove(new KeyValuePair<string, MethodHandler>(handler.Name, handler));

    /// <summary>Finds the handler for a name as a Request has it.</summary>
    /// <param name="key">The name.</param>
    /// <param name="isBinary">Whether that is the name in UTF-8, and not its base64.</param>
    public MethodHandler? Find(ReadOnlySpan<byte> key, bool isBinary)
    {
        var length = isBinary ? key.Length : Base64Text.GetDecodedLength(key);
        Span<byte> utf8 = length <= StackBytes ? stackalloc byte[StackBytes] : new byte[length];
        utf8 = utf8[..length];
        if (isBinary)
        {
            key.CopyTo(utf8);
        }
        else if (length > 0)
        {
            Base64Text.Decode(key, utf8);
        }

        Span<char> name = length <= StackBytes ? stackalloc char[StackBytes] : new char[length];
        name = name[..Encoding.UTF8.GetChars(utf8, name)];
        return _handlers.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var handler) ? handler : null;
    }
}

using System.Text;
using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

internal sealed partial class EdgeSession : IListedSession
{
    /// <inheritdoc/>
    ulong IListedSession.Id => EdgeId;

    /// <inheritdoc/>
    ReadOnlySpan<byte> IListedSession.Label => _meta;

    /// <inheritdoc/>
    IReadOnlyList<string> IListedSession.NamesOf(ListedNames kind)
    {
        if (kind != ListedNames.Methods || _methods is null)
        {
            return [];
        }

        lock (_methodsGate)
        {
            return _methods.ConvertAll(Encoding.UTF8.GetString);
        }
    }
}

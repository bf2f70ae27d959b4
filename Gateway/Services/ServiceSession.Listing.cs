using System.Text;
using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

internal sealed partial class ServiceSession : IListedSession
{
    /// <inheritdoc/>
    ulong IListedSession.Id => ServiceId;

    /// <inheritdoc/>
    ReadOnlySpan<byte> IListedSession.Label => Encoding.UTF8.GetBytes(Name);

    /// <inheritdoc/>
    IReadOnlyList<string> IListedSession.NamesOf(ListedNames kind) => kind == ListedNames.Methods ? Methods() : _topics;
}

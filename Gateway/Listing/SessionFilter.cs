using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

/// <summary>The conditions of a query, made ready to be asked for very many sessions.</summary>
internal sealed class SessionFilter(SessionQuery query)
{
    private readonly LikePattern? _label = query.LabelLike is { } label ? new LikePattern(label) : null;
    private readonly LikePattern? _address = query.AddressLike is { } address ? new LikePattern(address) : null;

    /// <summary>Whether a session belongs to the list. What is cheap to look at comes first.</summary>
    public bool Includes(IListedSession session) =>
        (query.SessionId is not { } id || session.Id == id)
        && (query.From is not { } from || session.ConnectedAt.ToUnixTimeSeconds() >= from)
        && (query.Until is not { } until || session.ConnectedAt.ToUnixTimeSeconds() < until)
        && (_label is null || _label.IsMatch(session.Label))
        && (_address is null || _address.IsMatch(session.Address))
        && (query.Method is not { } method || session.NamesOf(ListedNames.Methods).Contains(method, StringComparer.Ordinal))
        && (query.Topic is not { } topic || session.NamesOf(ListedNames.Topics).Contains(topic, StringComparer.Ordinal));
}

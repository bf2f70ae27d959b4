namespace Frontier.Gateway;

/// <summary>A session as lists see it. Members are asked for only where a query needs them, since some are made on demand.</summary>
internal interface IListedSession
{
    /// <summary>The edge's or the service's id.</summary>
    ulong Id { get; }

    /// <summary>An edge's meta or a service's name, in UTF-8 where it is text.</summary>
    ReadOnlySpan<byte> Label { get; }

    /// <summary>The peer's address, <c>ip:port</c>.</summary>
    string Address { get; }

    /// <summary>When the connection was accepted, UTC.</summary>
    DateTimeOffset ConnectedAt { get; }

    /// <summary>The methods or the topics.</summary>
    IReadOnlyList<string> NamesOf(GrainInterfaces.ListedNames kind);
}

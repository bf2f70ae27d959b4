namespace Frontier.GrainInterfaces;

/// <summary>What a list of edges or services is ordered by. Ties are broken by the id, so that pages do not overlap.</summary>
public enum SessionOrder
{
    /// <summary>When the connection was accepted.</summary>
    ConnectedAt = 0,

    /// <summary>The id.</summary>
    Id = 1,

    /// <summary>The peer's address, as text.</summary>
    Address = 2,

    /// <summary>An edge's meta or a service's name, as text; of a long one its beginning.</summary>
    Label = 3,
}

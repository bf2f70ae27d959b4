namespace Frontier.GrainInterfaces;

/// <summary>Which edges or services a list is to have, and in which order. Every condition that is set must hold.</summary>
[GenerateSerializer, Immutable]
[Alias("frontier.SessionQuery")]
public sealed record SessionQuery
{
    /// <summary>Whether edges or services are meant.</summary>
    [Id(0)]
    public SessionKind Kind { get; init; } = SessionKind.Edge;

    /// <summary>What an edge's meta or a service's name is like: <c>%</c> stands for anything, <c>_</c> for one character, ASCII case does not count (SQL's LIKE). Null: anything.</summary>
    [Id(1)]
    public string? LabelLike { get; init; }

    /// <summary>What the peer's address is like; as <see cref="LabelLike"/>.</summary>
    [Id(2)]
    public string? AddressLike { get; init; }

    /// <summary>A method the peer registered; null: any or none.</summary>
    [Id(3)]
    public string? Method { get; init; }

    /// <summary>A topic the service takes; null: any or none. Edges take no topics.</summary>
    [Id(4)]
    public string? Topic { get; init; }

    /// <summary>The only id to list; null: any.</summary>
    [Id(5)]
    public ulong? SessionId { get; init; }

    /// <summary>Connected at this time or later, in Unix seconds; null: ever.</summary>
    [Id(6)]
    public long? From { get; init; }

    /// <summary>Connected before this time, in Unix seconds; null: ever.</summary>
    [Id(7)]
    public long? Until { get; init; }

    /// <summary>The order.</summary>
    [Id(8)]
    public SessionOrder Order { get; init; }

    /// <summary>Whether the order is reversed.</summary>
    [Id(9)]
    public bool IsDescending { get; init; }
}

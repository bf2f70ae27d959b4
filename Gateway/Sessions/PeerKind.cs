namespace Frontier.Gateway;

/// <summary>Which of the two listeners a peer is on.</summary>
internal enum PeerKind
{
    /// <summary>An edge.</summary>
    Edge,

    /// <summary>A service.</summary>
    Service,
}

namespace Frontier.EndToEnd.Tests.Support;

/// <summary>Which of the two listeners a peer is on.</summary>
public enum PeerSide
{
    Edge,
    Service,
}

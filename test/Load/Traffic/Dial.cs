namespace Frontier.Load;

/// <summary>Starts an edge's connection.</summary>
/// <param name="events">Who hears of it.</param>
/// <param name="tag">Goes to <see cref="Peer.Tag"/>.</param>
/// <param name="problem">Why it could not be started.</param>
/// <returns>Null when it could not be started.</returns>
internal delegate Peer? Dial(PeerEvents events, int tag, out string problem);

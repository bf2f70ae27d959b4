namespace Frontier.GrainInterfaces;

/// <summary>A message to an edge that may wait for it.</summary>
/// <param name="Topic">A word to the edge what it is about; may be empty.</param>
/// <param name="Payload">Its body; opaque.</param>
/// <param name="Custom">The sender's bytes beside it.</param>
/// <param name="TimeToLive">How long it may wait.</param>
/// <param name="Sender">The service that hears what became of it; 0 for none.</param>
/// <param name="SenderName">The service's name: when the sender is gone, another instance hears it.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.EdgeMail")]
public sealed record EdgeMail(
    [property: Id(0)] string Topic,
    [property: Id(1)] ReadOnlyMemory<byte> Payload,
    [property: Id(2)] ReadOnlyMemory<byte> Custom,
    [property: Id(3)] TimeSpan TimeToLive,
    [property: Id(4)] ulong Sender = 0,
    [property: Id(5)] string SenderName = "")
{
    /// <summary>The method by which a service hears what became of messages it sent.</summary>
    public const string OutcomeMethod = "edge_message_outcome";

    /// <summary>How long <see cref="IEdgeMailGrain.WaitAsync"/> takes at most: 10 s, well below Orleans' limit of a call.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);
}

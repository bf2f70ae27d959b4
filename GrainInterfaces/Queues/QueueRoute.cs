namespace Frontier.GrainInterfaces;

/// <summary>The topics that one external queue takes.</summary>
/// <param name="Queue">The queue's name.</param>
/// <param name="Topics">Its topics; <see cref="AnyTopic"/> takes what nobody else does.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.QueueRoute")]
public sealed record QueueRoute([property: Id(0)] string Queue, [property: Id(1)] IReadOnlyList<string> Topics)
{
    /// <summary>The topic that stands for every topic that neither a service nor another queue takes by its name.</summary>
    public const string AnyTopic = "*";
}

namespace Frontier.GrainInterfaces;

/// <summary>That messages wait for edges which are not online, where, and within which bounds. The same in every process of a cluster.</summary>
/// <param name="Store">Where; an edge's box there has the edge's id as its name.</param>
/// <param name="MaxMessages">How many messages wait for one edge.</param>
/// <param name="LongestLifetime">How long a message may wait.</param>
public sealed record EdgeMailKeeping(IMessageStore Store, int MaxMessages, TimeSpan LongestLifetime);

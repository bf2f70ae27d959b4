namespace Frontier.GrainInterfaces;

/// <summary>That messages for some topics are kept while nobody is there who takes them, and within which bounds.</summary>
/// <param name="Topic">The topic, or the filter of topics.</param>
/// <param name="Lifetime">How long a message is kept.</param>
/// <param name="MaxMessages">How many messages of one topic are kept.</param>
public sealed record RetentionRule(string Topic, TimeSpan Lifetime, int MaxMessages);

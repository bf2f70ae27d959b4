namespace Frontier.Silo;

/// <summary>One page of a list.</summary>
/// <param name="Items">What is on it.</param>
/// <param name="Count">How many there are on all pages.</param>
internal sealed record ListPage<T>(IReadOnlyList<T> Items, int Count);

/// <summary>Which page of a list is asked for.</summary>
/// <param name="Offset">How many entries are before it.</param>
/// <param name="Size">How many are on it at most.</param>
internal readonly record struct PageWindow(int Offset, int Size);

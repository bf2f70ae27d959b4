namespace Frontier.Benchmarks;

/// <summary>There is nothing that could be compared.</summary>
internal sealed class ComparisonException(string message) : Exception(message);

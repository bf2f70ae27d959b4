using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace Frontier.Benchmarks;

/// <summary>The benchmarks of a program, with each combination of their parameters, as the comparison names them.</summary>
/// <param name="assembly">The program.</param>
internal sealed class BenchmarkCatalog(Assembly assembly)
{
    private readonly IReadOnlyList<ComparedBenchmark> _all = [.. assembly.GetTypes().SelectMany(Find).OrderBy(benchmark => benchmark.Name, StringComparer.Ordinal)];

    /// <summary>The names of all.</summary>
    public IReadOnlySet<string> Names => _all.Select(benchmark => benchmark.Name).ToHashSet(StringComparer.Ordinal);

    /// <summary>Those whose name contains a text.</summary>
    public IReadOnlyList<ComparedBenchmark> Matching(string text) =>
        [.. _all.Where(benchmark => benchmark.Name.Contains(text, StringComparison.OrdinalIgnoreCase))];

    private static IEnumerable<ComparedBenchmark> Find(Type type) =>
        from method in type.GetMethods()
        where method.IsDefined(typeof(BenchmarkAttribute), inherit: false)
        from parameters in Combine(type)
        select new ComparedBenchmark(type, method, parameters);

    private static IEnumerable<(PropertyInfo Property, object? Value)[]> Combine(Type type)
    {
        IEnumerable<(PropertyInfo, object?)[]> combinations = [[]];
        foreach (var property in type.GetProperties())
        {
            if (property.GetCustomAttribute<ParamsAttribute>() is { } values)
            {
                combinations = [.. combinations.SelectMany(combination => values.Values.Select(value => ((PropertyInfo, object?)[])[.. combination, (property, value)]))];
            }
        }

        return combinations;
    }
}

using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace Frontier.Benchmarks;

/// <summary>One benchmark with its parameters.</summary>
/// <param name="type">The class.</param>
/// <param name="method">The method that is measured.</param>
/// <param name="parameters">What its class is set to.</param>
internal sealed class ComparedBenchmark(Type type, MethodInfo method, (PropertyInfo Property, object? Value)[] parameters)
{
    /// <summary>Class, method and parameters.</summary>
    public string Name { get; } =
        $"{type.Name.Replace("Benchmarks", string.Empty, StringComparison.Ordinal)}.{method.Name}"
        + (parameters.Length > 0 ? $" ({string.Join(", ", parameters.Select(parameter => $"{parameter.Property.Name} {parameter.Value}"))})" : string.Empty);

    /// <summary>Sets it up, ready to be run.</summary>
    public Workload Start()
    {
        var instance = Activator.CreateInstance(type)!;
        foreach (var (property, value) in parameters)
        {
            property.SetValue(instance, value);
        }

        FindMarked<GlobalSetupAttribute>()?.Invoke(instance, null);
        var cleanUp = FindMarked<GlobalCleanupAttribute>();
        return new Workload(
            ToAction(instance),
            method.GetCustomAttribute<BenchmarkAttribute>()!.OperationsPerInvoke,
            () => cleanUp?.Invoke(instance, null) as Task ?? Task.CompletedTask);
    }

    private MethodInfo? FindMarked<T>() => type.GetMethods().FirstOrDefault(candidate => candidate.IsDefined(typeof(T), inherit: false));

    // Through a typed delegate: a call by reflection would box the result, and be counted.
    private Action ToAction(object instance) => method.ReturnType == typeof(void)
        ? method.CreateDelegate<Action>(instance)
        : (Action)GetType().GetMethod(nameof(Discard), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(method.ReturnType).Invoke(null, [method, instance])!;

    private static Action Discard<T>(MethodInfo method, object instance)
    {
        var run = method.CreateDelegate<Func<T>>(instance);
        return () => run();
    }
}

using System.Collections.Concurrent;
using System.Reflection;
using Frontier.GrainInterfaces;

namespace Frontier.Gateway.Tests.Support;

/// <summary>
/// Grains as a test wants them: every call is answered by what was set for its method's name, or at once and with nothing. A claim is granted. Counts the calls,
/// and the grains that were asked for something.
/// </summary>
public class FakeGrains : DispatchProxy
{
    private static long s_lastEpoch;

    private FakeGrains _root = null!;
    private Type _interface = typeof(IGrainFactory);
    private object _key = "";

    /// <summary>What answers a method: gets the grain's key and the arguments, and returns what the method does, or throws.</summary>
    public ConcurrentDictionary<string, Func<object, object?[], object?>> Answers { get; } = new(StringComparer.Ordinal);

    /// <summary>What was called, with the grain's interface and its key.</summary>
    public ConcurrentQueue<(string Grain, object Key, string Method)> Calls { get; } = [];

    /// <summary>What happens when a grain is looked up: throws while no process has its class.</summary>
    public Action<Type> OnFind { get; set; } = _ => { };

    /// <summary>Creates a factory of such grains.</summary>
    public static (IGrainFactory Factory, FakeGrains Grains) New()
    {
        var factory = Create<IGrainFactory, FakeGrains>();
        var grains = (FakeGrains)(object)factory;
        grains._root = grains;
        return (factory, grains);
    }

    /// <summary>What Orleans throws while no process of the cluster has a grain's class.</summary>
    public static ArgumentException WithoutSilo(Type grain) => new($"Could not find an implementation for interface {grain}");

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        ArgumentNullException.ThrowIfNull(targetMethod);
        if (targetMethod.Name == nameof(IGrainFactory.GetGrain))
        {
            _root.OnFind(targetMethod.ReturnType);
            var grain = Create(targetMethod.ReturnType, typeof(FakeGrains));
            var fake = (FakeGrains)grain;
            (fake._root, fake._interface, fake._key) = (_root, targetMethod.ReturnType, args![0]!);
            return grain;
        }

        if (targetMethod.Name == nameof(IGrainFactory.CreateObjectReference))
        {
            return args![0];
        }

        _root.Calls.Enqueue((_interface.Name, _key, targetMethod.Name));
        if (_root.Answers.TryGetValue(targetMethod.Name, out var answer))
        {
            return answer(_key, args!);
        }

        return targetMethod.Name switch
        {
            nameof(IEdgeGrain.ClaimAsync) => new ValueTask<SessionClaim>(
                new SessionClaim(Granted: true, Interlocked.Increment(ref s_lastEpoch), NeedsConfirm: false)),
            nameof(IEdgeGrain.HoldAsync) => new ValueTask<SessionStanding>(SessionStanding.Held),
            _ => Nothing(targetMethod.ReturnType),
        };
    }

    private static object? Nothing(Type type)
    {
        if (type == typeof(Task))
        {
            return Task.CompletedTask;
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>))
        {
            var result = type.GetGenericArguments()[0];
            return typeof(Task).GetMethod(nameof(Task.FromResult))!.MakeGenericMethod(result)
                .Invoke(null, [result.IsValueType ? Activator.CreateInstance(result) : null]);
        }

        return type == typeof(ValueTask<bool>) ? new ValueTask<bool>(true) : Activator.CreateInstance(type);
    }
}

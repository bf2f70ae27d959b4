using System.Reflection;
using Frontier.GrainInterfaces;

namespace Frontier.Benchmarks;

/// <summary>Grains that answer at once and in place: a claim is granted, everything else is fine. So that only the gateway's own work is measured.</summary>
public class LocalGrains : DispatchProxy
{
    private static long s_lastEpoch;

    public static IGrainFactory Create() => Create<IGrainFactory, LocalGrains>();

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        ArgumentNullException.ThrowIfNull(targetMethod);
        return targetMethod.Name switch
        {
            nameof(IGrainFactory.GetGrain) => Create(targetMethod.ReturnType, typeof(LocalGrains)),
            nameof(IGrainFactory.CreateObjectReference) => args![0],
            nameof(IEdgeGrain.ClaimAsync) => new ValueTask<SessionClaim>(new SessionClaim(Granted: true, Interlocked.Increment(ref s_lastEpoch), NeedsConfirm: false)),
            nameof(IServiceGrain.HoldAsync) => new ValueTask<SessionStanding>(SessionStanding.Held),
            _ => Completed(targetMethod.ReturnType),
        };
    }

    private static object? Completed(Type type) =>
        type == typeof(Task) ? Task.CompletedTask
        : type.IsValueType ? Activator.CreateInstance(type)
        : throw new NotSupportedException($"no benchmark asks a grain for {type}");
}

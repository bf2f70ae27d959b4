using Frontier.Operator.Kube;

namespace Frontier.Operator.Reconcile;

/// <summary>Knows whether the API server has ServiceMonitors; asks again once in a while, since their CRD may come later.</summary>
internal sealed class MonitoringProbe(KubeApi api, TimeProvider time)
{
    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(1);

    private (bool Has, long At)? _answer;

    /// <summary>Whether it has.</summary>
    /// <exception cref="KubeException">The server refuses.</exception>
    public async Task<bool> HasServiceMonitorsAsync(CancellationToken cancellationToken)
    {
        if (_answer is { } known && time.GetElapsedTime(known.At) < Freshness)
        {
            return known.Has;
        }

        var has = await api.HasAsync(ResourceType.ServiceMonitors, cancellationToken);
        _answer = (has, time.GetTimestamp());
        return has;
    }
}

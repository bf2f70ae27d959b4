using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Frontier.Operator.Kube;

namespace Frontier.Operator.Leadership;

/// <summary>
/// Leads while this process holds a Lease, by the rules of client-go: a Lease that has not changed for its duration, by the clock of the one who waits, is
/// free. Not KubernetesClient's own elector: that one gives leadership up at the first failed renewal, and never gives the Lease back.
/// </summary>
internal sealed partial class LeaderElector(KubeApi api, LeadershipOptions options, OperatorMetrics metrics, TimeProvider time, ILogger<LeaderElector> logger)
{
    private JsonObject? _lease;
    private string? _observed;
    private long _observedAt;
    private string? _toldOf;

    /// <summary>Waits for the Lease, leads, and gives the Lease back.</summary>
    /// <param name="lead">What a leader does; cancelled when leadership ends.</param>
    /// <param name="cancellationToken">Ends the waiting or the leading.</param>
    /// <exception cref="LeadershipLostException">Leadership was lost. The process should end: what it knows may be stale.</exception>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancellationToken)
    {
        await AcquireAsync(cancellationToken);
        metrics.Leading(true);
        Log.Leading(logger, options.Identity);
        using var leading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var work = lead(leading.Token);
        LeadershipLostException? lost = null;
        try
        {
            await RenewAsync(work, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
        catch (LeadershipLostException error)
        {
            lost = error;
        }

        metrics.Leading(false);
        await leading.CancelAsync();
        try
        {
            await work;
        }
        catch (OperationCanceledException) when (leading.IsCancellationRequested)
        {
            // As it was told to.
        }

        if (lost is not null)
        {
            throw lost;
        }

        await ReleaseAsync();
    }

    private async Task AcquireAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await TryHoldAsync(cancellationToken))
            {
                return;
            }

            // Spread, so that those who wait do not ask in step.
            await Task.Delay(options.RetryPeriod * (1 + 0.2 * Random.Shared.NextDouble()), time, cancellationToken);
        }
    }

    private async Task RenewAsync(Task work, CancellationToken cancellationToken)
    {
        var renewed = time.GetTimestamp();
        while (true)
        {
            var pause = Task.Delay(options.RetryPeriod, time, cancellationToken);
            if (await Task.WhenAny(pause, work) == work)
            {
                return;
            }

            await pause;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var left = options.RenewDeadline - time.GetElapsedTime(renewed);
            if (left <= TimeSpan.Zero)
            {
                throw new LeadershipLostException($"the Lease could not be renewed for {options.RenewDeadline.TotalSeconds:0} s");
            }

            limit.CancelAfter(left);
            try
            {
                if (await TryHoldAsync(limit.Token))
                {
                    renewed = time.GetTimestamp();
                }
                else if (Holder() is { Length: > 0 } other && other != options.Identity)
                {
                    throw new LeadershipLostException($"{other} leads now");
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new LeadershipLostException($"the Lease could not be renewed for {options.RenewDeadline.TotalSeconds:0} s");
            }
        }
    }

    // Makes the Lease, renews it, or takes it over when its holder has fallen silent. False when somebody has it, or the server could not be asked.
    private async Task<bool> TryHoldAsync(CancellationToken cancellationToken)
    {
        try
        {
            var seen = await api.GetAsync(ResourceType.Leases, new ObjectKey(options.Namespace, options.Name), cancellationToken);
            if (seen is null)
            {
                _lease = (await api.CreateAsync(ResourceType.Leases, options.Namespace, NewLease(null), cancellationToken)).Json;
                return true;
            }

            _lease = seen.Json;
            if (_observed != seen.ResourceVersion)
            {
                _observed = seen.ResourceVersion;
                _observedAt = time.GetTimestamp();
            }

            TellHolder();
            if (Holder() is { Length: > 0 } holder && holder != options.Identity && time.GetElapsedTime(_observedAt) < DurationOf(seen.Json))
            {
                return false;
            }

            var replaced = await api.ReplaceAsync(ResourceType.Leases, NewLease(seen.Json), cancellationToken);
            _lease = replaced.Json;
            _observed = replaced.ResourceVersion;
            _observedAt = time.GetTimestamp();
            return true;
        }
        catch (KubeException error) when (error.Status == HttpStatusCode.Conflict)
        {
            return false; // Another one was faster; the next look tells who.
        }
        catch (Exception error) when (error is KubeException or HttpRequestException or IOException or TimeoutException)
        {
            Log.Unreachable(logger, error.Message);
            return false;
        }
    }

    private async Task ReleaseAsync()
    {
        if (_lease is null || Holder() != options.Identity)
        {
            return;
        }

        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            var free = NewLease(_lease);
            free["spec"]!["holderIdentity"] = "";
            free["spec"]!["leaseDurationSeconds"] = 1;
            await api.ReplaceAsync(ResourceType.Leases, free, limit.Token);
            Log.Released(logger, options.Identity);
        }
        catch (Exception error) when (error is KubeException or HttpRequestException or IOException or TimeoutException or OperationCanceledException)
        {
            Log.Unreachable(logger, error.Message); // It runs out by itself.
        }
    }

    private JsonObject NewLease(JsonObject? old)
    {
        var now = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        var mine = old?["spec"]?["holderIdentity"]?.GetValue<string>() == options.Identity;
        var lease = old?.DeepClone().AsObject() ?? new JsonObject
        {
            ["apiVersion"] = ResourceType.Leases.ApiVersion,
            ["kind"] = ResourceType.Leases.Kind,
            ["metadata"] = new JsonObject { ["name"] = options.Name, ["namespace"] = options.Namespace },
        };
        lease["spec"] = new JsonObject
        {
            ["holderIdentity"] = options.Identity,
            ["leaseDurationSeconds"] = (int)options.LeaseDuration.TotalSeconds,
            ["acquireTime"] = mine ? old!["spec"]!["acquireTime"]?.GetValue<string>() ?? now : now,
            ["renewTime"] = now,
            ["leaseTransitions"] = (old?["spec"]?["leaseTransitions"]?.GetValue<int>() ?? -1) + (mine ? 0 : 1),
        };
        return lease;
    }

    private string? Holder() => _lease?["spec"]?["holderIdentity"]?.GetValue<string>();

    private TimeSpan DurationOf(JsonObject lease) =>
        lease["spec"]?["leaseDurationSeconds"]?.GetValue<int>() is { } seconds ? TimeSpan.FromSeconds(seconds) : options.LeaseDuration;

    private void TellHolder()
    {
        if (Holder() is { Length: > 0 } holder && holder != _toldOf)
        {
            _toldOf = holder;
            if (holder != options.Identity)
            {
                Log.Following(logger, holder);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Identity} leads", EventName = "Leading")]
        public static partial void Leading(ILogger logger, string identity);

        [LoggerMessage(2, LogLevel.Information, "{Holder} leads; waiting")]
        public static partial void Following(ILogger logger, string holder);

        [LoggerMessage(3, LogLevel.Warning, "The Lease could not be read or written: {Problem}")]
        public static partial void Unreachable(ILogger logger, string problem);

        [LoggerMessage(4, LogLevel.Information, "{Identity} has given the Lease back")]
        public static partial void Released(ILogger logger, string identity);
    }
}

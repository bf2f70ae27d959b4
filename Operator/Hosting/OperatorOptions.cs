using System.Globalization;

namespace Frontier.Operator;

/// <summary>What the operator is told on its command line.</summary>
public sealed record OperatorOptions
{
    /// <summary>A kubeconfig; null for the pod's own service account, or <c>~/.kube/config</c> outside of a cluster.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>The kubeconfig's context; null for its current one.</summary>
    public string? Context { get; init; }

    /// <summary>The only namespace whose clusters are looked after; null for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>Whether operators agree on one that leads. Without it, there must be only one.</summary>
    public bool LeaderElect { get; init; } = true;

    /// <summary>The namespace of the Lease; null for the pod's, or else the kubeconfig's, or else <c>default</c>.</summary>
    public string? LeaseNamespace { get; init; }

    /// <summary>The name of the Lease.</summary>
    public string LeaseName { get; init; } = "frontier-operator";

    /// <summary>What this process calls itself; null for its host's name and something random.</summary>
    public string? Identity { get; init; }

    /// <summary>How long a leader that is not heard of is still waited for. Default 15 s, as client-go.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How many clusters are looked at at once.</summary>
    public int Workers { get; init; } = 4;

    /// <summary>How often every cluster is looked at though nothing changed.</summary>
    public TimeSpan Resync { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The port of <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c>; 0 for any free one.</summary>
    public int HealthPort { get; init; } = 8081;

    /// <summary>The gateways' image, where a cluster names none.</summary>
    public string FrontierImage { get; init; } = $"ghcr.io/frontier-orleans/frontier:{OperatorHost.Version}";

    /// <summary>The silos' image, where a cluster names none.</summary>
    public string FrontlasImage { get; init; } = $"ghcr.io/frontier-orleans/frontlas:{OperatorHost.Version}";

    /// <summary>The least severe of the log's messages: trace, debug, information, warning, error.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>What is wrong; empty when nothing is.</summary>
    public IEnumerable<string> Problems()
    {
        if (Kubeconfig is { } file && !File.Exists(file))
        {
            yield return $"--kubeconfig: {file} does not exist";
        }

        if (Workers is < 1 or > 64)
        {
            yield return $"--workers: {Workers} is not between 1 and 64";
        }

        if (Resync < TimeSpan.FromSeconds(5) || Resync > TimeSpan.FromHours(24))
        {
            yield return $"--resync: {Text(Resync)} is not between 5 s and 24 h";
        }

        // The Lease has whole seconds, and a leader needs room for a few attempts to renew it.
        if (LeaseDuration < TimeSpan.FromSeconds(3) || LeaseDuration > TimeSpan.FromMinutes(10))
        {
            yield return $"--lease-duration: {Text(LeaseDuration)} is not between 3 s and 10 min";
        }

        if (HealthPort is < 0 or > 65535)
        {
            yield return $"--health-port: {HealthPort} is not a port";
        }

        foreach (var (name, value) in new[] { ("--frontier-image", FrontierImage), ("--frontlas-image", FrontlasImage), ("--lease-name", LeaseName) })
        {
            if (string.IsNullOrWhiteSpace(value))
            {
                yield return $"{name}: it is empty";
            }
        }
    }

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}

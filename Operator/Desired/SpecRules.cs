using System.Text.RegularExpressions;
using Frontier.Operator.Api;

namespace Frontier.Operator.Desired;

/// <summary>
/// What makes a spec impossible. The API server checks most of it already; a resource may be older than the CRD's rules, and some rules need more than one member.
/// </summary>
internal static partial class SpecRules
{
    private const string Invalid = "InvalidSpec";
    private static readonly int[] FixedPorts = [Names.HealthPort, Names.ControlplanePort, Names.SiloPort, Names.OrleansGatewayPort];

    /// <summary>All that is wrong.</summary>
    public static IEnumerable<Problem> Check(ResolvedCluster cluster)
    {
        foreach (var message in Messages(cluster))
        {
            yield return new Problem(ProblemSeverity.Failed, Invalid, message);
        }
    }

    private static IEnumerable<string> Messages(ResolvedCluster cluster)
    {
        if (cluster.FrontierReplicas < 0 || cluster.FrontlasReplicas < 0)
        {
            yield return "replicas must not be negative";
        }

        foreach (var message in Ports("spec.frontier", cluster.ServiceboundPort, cluster.EdgeboundPort)
            .Concat(Ports("spec.frontlas", cluster.FrontlasPort, cluster.FrontierPlanePort)))
        {
            yield return message;
        }

        var services = new[] { cluster.ServiceboundService, cluster.EdgeboundService, cluster.FrontlasService };
        foreach (var service in services.Where(service => service.Length > 63 || !ServiceName().IsMatch(service)))
        {
            yield return $"\"{service}\" cannot be the name of a Service (at most 63 of a-z, 0-9 and -, beginning with a letter)";
        }

        if (services.Distinct().Count() < services.Length)
        {
            yield return "the Services need different names";
        }

        if (cluster.Tls is { } tls)
        {
            if (string.IsNullOrEmpty(tls.CertificateKeySecretRef?.Name))
            {
                yield return "edgebound.tls is enabled without certificateKeySecretRef";
            }

            if (tls.Mtls && string.IsNullOrEmpty(tls.CaCertificateSecretRef?.Name))
            {
                yield return "edgebound.tls.mtls needs caCertificateSecretRef";
            }

            if (tls is { Mtls: true, Optional: true })
            {
                yield return "edgebound.tls.optional and mtls exclude each other: an edge without TLS cannot show a certificate";
            }
        }

        foreach (var message in Redis(cluster.Redis).Concat(Autoscaling(cluster.Autoscaling)))
        {
            yield return message;
        }
    }

    private static IEnumerable<string> Ports(string path, int first, int second)
    {
        foreach (var port in new[] { first, second })
        {
            if (port is < 1 or > 65535)
            {
                yield return $"{path}: {port} is not a port";
            }
            else if (FixedPorts.Contains(port))
            {
                yield return $"{path}: port {port} is taken in every pod ({string.Join(", ", FixedPorts)} are)";
            }
        }

        if (first == second)
        {
            yield return $"{path}: port {first} is used twice";
        }
    }

    private static IEnumerable<string> Redis(RedisSpec redis)
    {
        if (redis.Addrs.Count == 0 || redis.Addrs.Any(string.IsNullOrWhiteSpace))
        {
            yield return "spec.frontlas.redis.addrs names no server: gateways and silos find each other through Redis";
        }

        switch (redis.RedisType ?? "standalone")
        {
            case "standalone" when redis.Addrs.Count > 1:
                yield return "spec.frontlas.redis: redisType standalone takes one address";
                break;
            case "sentinel" when string.IsNullOrEmpty(redis.MasterName):
                yield return "spec.frontlas.redis: redisType sentinel needs masterName";
                break;
            case "cluster" when redis.Db is > 0:
                yield return "spec.frontlas.redis: a Redis cluster has no database but 0";
                break;
            case not ("standalone" or "sentinel" or "cluster"):
                yield return $"spec.frontlas.redis: redisType \"{redis.RedisType}\" is not standalone, sentinel or cluster";
                break;
        }

        if (redis.PasswordSecret is { } secret && (string.IsNullOrEmpty(secret.Name) || string.IsNullOrEmpty(secret.Key)))
        {
            yield return "spec.frontlas.redis.passwordSecret needs name and key";
        }
    }

    private static IEnumerable<string> Autoscaling(AutoscalingSpec? autoscaling)
    {
        if (autoscaling is null)
        {
            yield break;
        }

        if (autoscaling.MaxReplicas < Math.Max(1, autoscaling.MinReplicas ?? 1))
        {
            yield return "autoscaling.maxReplicas must be at least minReplicas";
        }

        if (autoscaling.TargetCpuUtilizationPercentage is null && autoscaling.TargetConnections is null)
        {
            yield return "autoscaling needs targetCPUUtilizationPercentage, targetConnections, or both";
        }
    }

    [GeneratedRegex("^[a-z]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex ServiceName();
}

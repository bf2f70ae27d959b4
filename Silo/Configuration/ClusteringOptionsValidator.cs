using System.Net;
using Frontier.Gateway;
using Microsoft.Extensions.Options;

namespace Frontier.Silo;

/// <summary>Checks the section <c>cluster</c>.</summary>
internal sealed class ClusteringOptionsValidator(IOptions<RedisOptions> redis) : SectionValidator<ClusteringOptions>
{
    private const string Section = ClusteringOptions.Section;

    /// <inheritdoc/>
    protected override void Check(ClusteringOptions options, ICollection<string> failures)
    {
        if (RedisServer.Problem(options.Redis) is { } problem)
        {
            failures.Add($"{Section}.redis: {problem}");
        }

        if (RedisServer.Problem(options.RetentionRedis) is { } retentionProblem)
        {
            failures.Add($"{Section}.retention_redis: {retentionProblem}");
        }
        else if (options.RetentionRedis.Length > 0 && !RedisServer.IsGiven(options, redis.Value))
        {
            failures.Add($"{Section}.retention_redis: it has no effect without {Section}.redis");
        }

        CheckRoles(options, failures);
        if (options.Directory == DirectoryKind.Redis && !RedisServer.IsGiven(options, redis.Value))
        {
            failures.Add($"{Section}.directory: 'redis' needs the Redis server of the cluster: set {Section}.redis");
        }

        CheckId("cluster_id", options.ClusterId, failures);
        CheckId("service_id", options.ServiceId, failures);
        if (!IPAddress.TryParse(options.ListenAddr, out _))
        {
            failures.Add($"{Section}.listen_addr: \"{options.ListenAddr}\" is not an IP address");
        }

        if (options.AdvertisedAddr.Length > 0 && Uri.CheckHostName(options.AdvertisedAddr) == UriHostNameType.Unknown)
        {
            failures.Add($"{Section}.advertised_addr: \"{options.AdvertisedAddr}\" is not an address or a host name, without a port");
        }

        CheckPort("silo_port", options.SiloPort, failures);
        CheckPort("gateway_port", options.GatewayPort, failures);
        if (options.SiloPort != 0 && options.SiloPort == options.GatewayPort)
        {
            failures.Add($"{Section}.gateway_port: {options.GatewayPort} is also cluster.silo_port");
        }

        NumberRules.Timeout($"{Section}.join_timeout", options.JoinTimeout, failures);
    }

    private void CheckRoles(ClusteringOptions options, ICollection<string> failures)
    {
        if (!ClusteringOptions.TryParseRoles(options.Roles, out var roles))
        {
            failures.Add($"{Section}.roles: \"{options.Roles}\" is not 'gateway', 'silo', 'gateway,silo' or 'all'");
        }
        else if (roles != ProcessRoles.All && !RedisServer.IsGiven(options, redis.Value))
        {
            failures.Add(
                $"{Section}.roles: a process with only the role '{options.Roles}' needs others, and the Redis server through which to find them: set {Section}.redis");
        }
    }

    private static void CheckId(string key, string id, ICollection<string> failures)
    {
        if (id.Length == 0 || id.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            failures.Add($"{Section}.{key}: \"{id}\" is not one word");
        }
    }

    private static void CheckPort(string key, int port, ICollection<string> failures)
    {
        if (port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort)
        {
            failures.Add($"{Section}.{key}: {port} is not a port");
        }
    }
}

using System.Net;
using StackExchange.Redis;

namespace Frontier.Silo;

/// <summary>Which Redis server the configuration means.</summary>
internal static class RedisServer
{
    /// <summary>Whether the configuration names one, so that the process is part of a cluster.</summary>
    public static bool IsGiven(ClusteringOptions cluster, RedisOptions redis) =>
        cluster.Redis.Length > 0 || redis.Mode != RedisMode.Standalone || redis.Standalone.Addr.Length > 0;

    /// <summary>What is wrong with a connection string; null when nothing is, or it is empty. Never shows the string: it may hold a password.</summary>
    public static string? Problem(string connection)
    {
        if (connection.Length == 0)
        {
            return null;
        }

        if (connection.Contains("://", StringComparison.Ordinal))
        {
            return "write it as host:port[,password=...][,user=...][,ssl=true], not as a URI";
        }

        try
        {
            var parsed = ConfigurationOptions.Parse(connection);
            return parsed.EndPoints.Count == 0 || parsed.EndPoints.Any(IsNoServer)
                ? "it is not host:port[,password=...][,user=...][,ssl=true]"
                : null;
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            return "it is not host:port[,password=...][,user=...][,ssl=true]";
        }
    }

    /// <summary>How to connect to it; null when none is given.</summary>
    public static ConfigurationOptions? Find(ClusteringOptions cluster, RedisOptions redis)
    {
        if (!IsGiven(cluster, redis))
        {
            return null;
        }

        var options = cluster.Redis.Length > 0 ? ConfigurationOptions.Parse(cluster.Redis) : FromSection(redis);
        options.ClientName ??= "frontier";
        // The waiting is ours, with words in the log.
        options.AbortOnConnectFail = true;
        // Joins and failovers wait for the server to come back; it is asked once a second.
        options.ReconnectRetryPolicy = new LinearRetry(1000);
        return options;
    }

    /// <summary>The server's addresses, for people.</summary>
    public static string AddressesOf(ConfigurationOptions options) => string.Join(" and ", options.EndPoints.Select(endPoint => endPoint switch
    {
        DnsEndPoint name => $"{name.Host}:{name.Port}",
        _ => endPoint.ToString(),
    }));

    private static ConfigurationOptions FromSection(RedisOptions redis)
    {
        var options = new ConfigurationOptions
        {
            User = redis.Username.Length > 0 ? redis.Username : null,
            Password = redis.Password.Length > 0 ? redis.Password : null,
        };
        var addresses = redis.Mode switch
        {
            RedisMode.Sentinel => redis.Sentinel.Addrs,
            RedisMode.Cluster => redis.Cluster.Addrs,
            _ => [redis.Standalone.Addr],
        };
        foreach (var address in addresses)
        {
            options.EndPoints.Add(address);
        }

        switch (redis.Mode)
        {
            case RedisMode.Sentinel:
                options.ServiceName = redis.Sentinel.MasterName;
                options.DefaultDatabase = redis.Sentinel.Db;
                break;
            case RedisMode.Standalone:
                options.DefaultDatabase = redis.Standalone.Db;
                break;
        }

        return options;
    }

    // What is left of a password with a comma in it, or of user:password@host, would be taken for a host's name and be logged as one.
    private static bool IsNoServer(EndPoint endPoint) => endPoint switch
    {
        DnsEndPoint name => Uri.CheckHostName(name.Host) == UriHostNameType.Unknown,
        IPEndPoint => false,
        _ => true,
    };
}

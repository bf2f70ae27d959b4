namespace Frontier.Silo;

/// <summary>The Redis server as Frontlas' own configuration names it: section <c>redis</c>. <c>cluster.redis</c> goes before it.</summary>
public sealed class RedisOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "redis";

    /// <summary><c>redis.mode</c> (<c>REDIS_TYPE</c>): <c>standalone</c>, <c>sentinel</c> or <c>cluster</c>. Default <c>standalone</c>.</summary>
    [ConfigurationKeyName("mode")]
    public RedisMode Mode { get; init; } = RedisMode.Standalone;

    /// <summary><c>redis.username</c> (<c>REDIS_USER</c>). Default: none.</summary>
    [ConfigurationKeyName("username")]
    public string Username { get; init; } = "";

    /// <summary><c>redis.password</c> (<c>REDIS_PASSWORD</c>). Default: none.</summary>
    [ConfigurationKeyName("password")]
    public string Password { get; init; } = "";

    /// <summary><c>redis.standalone</c>: one server.</summary>
    [ConfigurationKeyName("standalone")]
    public RedisStandaloneOptions Standalone { get; init; } = new();

    /// <summary><c>redis.sentinel</c>: a server that sentinels choose.</summary>
    [ConfigurationKeyName("sentinel")]
    public RedisSentinelOptions Sentinel { get; init; } = new();

    /// <summary><c>redis.cluster</c>: a Redis cluster.</summary>
    [ConfigurationKeyName("cluster")]
    public RedisClusterOptions Cluster { get; init; } = new();
}

/// <summary>How Redis is run.</summary>
public enum RedisMode
{
    /// <summary>One server.</summary>
    Standalone,

    /// <summary>A server that sentinels choose.</summary>
    Sentinel,

    /// <summary>A Redis cluster.</summary>
    Cluster,
}

/// <summary>One server: <c>redis.standalone</c>.</summary>
public sealed class RedisStandaloneOptions
{
    /// <summary><c>redis.standalone.addr</c> (<c>REDIS_ADDRS</c>): <c>host:port</c>. Default: none.</summary>
    [ConfigurationKeyName("addr")]
    public string Addr { get; init; } = "";

    /// <summary><c>redis.standalone.db</c> (<c>REDIS_DB</c>): the database's number. Default 0.</summary>
    [ConfigurationKeyName("db")]
    public int Db { get; init; }
}

/// <summary>A server that sentinels choose: <c>redis.sentinel</c>.</summary>
public sealed class RedisSentinelOptions
{
    /// <summary><c>redis.sentinel.addrs</c> (<c>REDIS_ADDRS</c>): the sentinels, each <c>host:port</c>.</summary>
    [ConfigurationKeyName("addrs")]
    public IReadOnlyList<string> Addrs { get; init; } = [];

    /// <summary><c>redis.sentinel.master_name</c> (<c>MASTER_NAME</c>): what the sentinels call the server.</summary>
    [ConfigurationKeyName("master_name")]
    public string MasterName { get; init; } = "";

    /// <summary><c>redis.sentinel.db</c> (<c>REDIS_DB</c>): the database's number. Default 0.</summary>
    [ConfigurationKeyName("db")]
    public int Db { get; init; }
}

/// <summary>A Redis cluster: <c>redis.cluster</c>.</summary>
public sealed class RedisClusterOptions
{
    /// <summary><c>redis.cluster.addrs</c> (<c>REDIS_ADDRS</c>): some of its servers, each <c>host:port</c>.</summary>
    [ConfigurationKeyName("addrs")]
    public IReadOnlyList<string> Addrs { get; init; } = [];
}

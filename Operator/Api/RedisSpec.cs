using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Frontier.Operator.Crd;
using k8s.Models;

namespace Frontier.Operator.Api;

/// <summary>A Redis server.</summary>
[CelRule("!has(self.redisType) || self.redisType != 'sentinel' || (has(self.masterName) && size(self.masterName) > 0)", "redisType sentinel needs masterName")]
public sealed class RedisSpec
{
    /// <summary>The servers, or the sentinels, each as <c>host:port</c>.</summary>
    [JsonPropertyName("addrs"), Required, MinLength(1), Description("host:port of the server, the sentinels, or some servers of the cluster.")]
    public IList<string> Addrs { get; set; } = [];

    /// <summary>The database's number; null for 0.</summary>
    [JsonPropertyName("db"), Range(0, 65535), DefaultValue(0), Description("The database's number; not for redisType cluster.")]
    public int? Db { get; set; }

    /// <summary>The user; null for Redis' default user.</summary>
    [JsonPropertyName("user"), Description("The user, where Redis has an ACL.")]
    public string? User { get; set; }

    /// <summary>The password in clear text; null for none.</summary>
    [JsonPropertyName("password"), Description("The password. Everybody who may read this resource sees it: passwordSecret is better.")]
    public string? Password { get; set; }

    /// <summary>Where the password stands; goes before <see cref="Password"/>.</summary>
    [JsonPropertyName("passwordSecret"), Description("The Secret, and the key in it, with the password. Goes before password.")]
    public V1SecretKeySelector? PasswordSecret { get; set; }

    /// <summary>How Redis is run; null for standalone.</summary>
    [JsonPropertyName("redisType"), AllowedValues("standalone", "sentinel", "cluster"), DefaultValue("standalone"), Description("How Redis is run.")]
    public string? RedisType { get; set; }

    /// <summary>What the sentinels call the server.</summary>
    [JsonPropertyName("masterName"), Description("What the sentinels call the server.")]
    public string? MasterName { get; set; }
}

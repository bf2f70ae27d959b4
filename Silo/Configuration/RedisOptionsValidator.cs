using System.Globalization;
using Frontier.Gateway;

namespace Frontier.Silo;

/// <summary>Checks the section <c>redis</c>.</summary>
internal sealed class RedisOptionsValidator : SectionValidator<RedisOptions>
{
    /// <inheritdoc/>
    protected override void Check(RedisOptions options, ICollection<string> failures)
    {
        switch (options.Mode)
        {
            case RedisMode.Standalone when options.Standalone.Addr.Length > 0:
                ListenRules.CheckAddress("redis.standalone.addr", options.Standalone.Addr, failures);
                CheckDatabase("redis.standalone.db", options.Standalone.Db, failures);
                break;
            case RedisMode.Sentinel:
                CheckAddresses("redis.sentinel.addrs", options.Sentinel.Addrs, failures);
                CheckDatabase("redis.sentinel.db", options.Sentinel.Db, failures);
                if (options.Sentinel.MasterName.Length == 0)
                {
                    failures.Add("redis.sentinel.master_name: it is needed with redis.mode sentinel");
                }

                break;
            case RedisMode.Cluster:
                CheckAddresses("redis.cluster.addrs", options.Cluster.Addrs, failures);
                break;
        }
    }

    private static void CheckAddresses(string path, IReadOnlyList<string> addresses, ICollection<string> failures)
    {
        if (addresses.Count == 0)
        {
            failures.Add($"{path}: at least one address is needed");
        }

        for (var i = 0; i < addresses.Count; i++)
        {
            ListenRules.CheckAddress(string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), addresses[i], failures);
        }
    }

    private static void CheckDatabase(string path, int number, ICollection<string> failures) => NumberRules.AtLeast(path, number, 0, failures);
}

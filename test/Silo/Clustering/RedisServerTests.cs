using System.Net;

namespace Frontier.Silo.Tests;

public sealed class RedisServerTests
{
    [Test]
    public void Without_a_server_the_process_is_a_cluster_of_its_own() =>
        Assert.That(Find(Settings.FromKeys()), Is.Null);

    [Test]
    public void One_connection_string_is_enough()
    {
        var server = Find(Settings.FromKeys(("cluster:redis", "redis.example:6380,password=secret,user=me,ssl=true,defaultDatabase=3")))!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(RedisServer.AddressesOf(server), Is.EqualTo("redis.example:6380"));
            Assert.That((server.User, server.Password, server.Ssl, server.DefaultDatabase), Is.EqualTo(("me", "secret", true, 3)));
        }
    }

    [Test]
    public void The_section_that_Frontlas_has_means_the_same()
    {
        var server = Find(Settings.FromYaml("""
            redis:
              mode: sentinel
              username: me
              password: secret
              sentinel:
                addrs: ["10.0.0.1:26379", "10.0.0.2:26379"]
                master_name: primary
                db: 4
            """))!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(RedisServer.AddressesOf(server), Is.EqualTo("10.0.0.1:26379 and 10.0.0.2:26379"));
            Assert.That((server.ServiceName, server.User, server.Password, server.DefaultDatabase), Is.EqualTo(("primary", "me", "secret", 4)));
        }
    }

    [TestCase("standalone", "10.0.0.1:1", 1)]
    [TestCase("cluster", "10.0.0.1:1, 10.0.0.2:1", 2)]
    [TestCase("sentinel", "10.0.0.1:1,10.0.0.2:1,10.0.0.3:1", 3)]
    public void So_do_the_variables_that_Frontlas_has(string mode, string addresses, int count)
    {
        var server = Find(Settings.FromYaml(
            "", ("REDIS_TYPE", mode), ("REDIS_ADDRS", addresses), ("REDIS_USER", "me"), ("REDIS_PASSWORD", "secret"), ("MASTER_NAME", "primary"), ("REDIS_DB", "2")))!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(server.EndPoints, Has.Count.EqualTo(count));
            Assert.That(server.EndPoints[0], Is.EqualTo(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 1)));
            Assert.That((server.User, server.Password), Is.EqualTo(("me", "secret")));
            Assert.That(server.ServiceName, Is.EqualTo(mode == "sentinel" ? "primary" : null));
            Assert.That(server.DefaultDatabase ?? 0, Is.EqualTo(mode == "cluster" ? 0 : 2));
        }
    }

    [TestCase("gateway", ProcessRoles.Gateway)]
    [TestCase("silo", ProcessRoles.Silo)]
    [TestCase("silo, gateway", ProcessRoles.All)]
    public void Roles_come_from_the_environment_as_well(string roles, object expected) =>
        Assert.That(
            Settings.FromYaml("", ("FRONTIER_ROLES", roles), ("REDIS_ADDRS", "10.0.0.1:1")).Get<ClusteringOptions>().ProcessRoles,
            Is.EqualTo((ProcessRoles)expected));

    private static StackExchange.Redis.ConfigurationOptions? Find(FrontierSettings settings) =>
        RedisServer.Find(settings.Get<ClusteringOptions>(), settings.Get<RedisOptions>());
}

namespace Frontier.Silo.Tests;

public sealed class WrongValueTests
{
    [TestCase("daemon:frontier_id", "two words", "daemon.frontier_id: \"two words\" is not one word of at most 253 characters")]
    [TestCase("daemon:drain_timeout", "-1s", "daemon.drain_timeout: -00:00:01 is not between 0 and 24h")]
    [TestCase("edgebound:listen:addr", "foo", "edgebound.listen.addr: \"foo\" is not host:port")]
    [TestCase("edgebound:listen:addr", "::1:30012", "edgebound.listen.addr: \"::1:30012\" is not host:port")]
    [TestCase("edgebound:listen:network", "udp", "edgebound.listen.network: \"udp\" is not supported, only tcp, tcp4 and tcp6 are")]
    [TestCase("edgebound:listen:advertised_addr", "edge", "edgebound.listen.advertised_addr: \"edge\" is not host:port")]
    [TestCase("edgebound:edgeid_alloc_when_no_idservice_on", "maybe", "edgebound.edgeid_alloc_when_no_idservice_on: \"maybe\" is not true or false")]
    [TestCase("edgebound:listen:tls", "on", "edgebound.listen.tls: \"on\" stands where a group of keys is expected")]
    [TestCase("edgebound:listen:tls:certs", "a.pem", "edgebound.listen.tls.certs: \"a.pem\" stands where a list is expected")]
    [TestCase("edgebound:listen:addr:port", "1", "edgebound.listen.addr: a group of keys stands where one value is expected")]
    [TestCase("servicebound:listen:addr", "1.2.3.4:99999", "servicebound.listen.addr: \"1.2.3.4:99999\" is not host:port")]
    [TestCase("controlplane:listen:addr", "x", "controlplane.listen.addr: \"x\" is not host:port")]
    [TestCase("observability:addr", "9091", "observability.addr: \"9091\" is not host:port")]
    [TestCase("exchange:hashby", "1", "exchange.hashby: \"1\" is not one of edgeid, srcip, random")]
    [TestCase("exchange:forward_timeout", "30", "exchange.forward_timeout: \"30\" is not a duration such as 10s, 1m30s or 00:00:10")]
    [TestCase("exchange:forward_timeout", "0s", "exchange.forward_timeout: 00:00:00 is not between 0 (excluded) and 24h")]
    [TestCase("topics:filters", "maybe", "topics.filters: \"maybe\" is not true or false")]
    [TestCase("topics:fanout", "a", "topics.fanout: \"a\" stands where a list is expected")]
    [TestCase("topics:fanout:0", "a/#/b", "topics.fanout[0]: \"a/#/b\": # can only be the last level")]
    [TestCase("topics:retain:0:lifetime", "1h", "topics.retain[0].topic: \"\": it is empty")]
    [TestCase("topics:retain:0:topic", "a#", "topics.retain[0].topic: \"a#\": + and # stand for whole levels")]
    [TestCase("topics:retain_topics", "0", "topics.retain_topics: 0 is less than 1")]
    [TestCase("topics:retain_bytes", "0", "topics.retain_bytes: 0 is less than 1")]
    [TestCase("edges:retain_edges", "0", "edges.retain_edges: 0 is less than 1")]
    [TestCase("edges:retain_bytes", "0", "edges.retain_bytes: 0 is less than 1")]
    [TestCase("cluster:retention_redis", "redis:6379", "cluster.retention_redis: it has no effect without cluster.redis")]
    [TestCase("topics:retain_memory", "0", "topics.retain_memory: 0 is less than 1")]
    [TestCase("edges:retain", "maybe", "edges.retain: \"maybe\" is not true or false")]
    [TestCase("edges:max_messages", "0", "edges.max_messages: 0 is less than 1")]
    [TestCase("edges:max_messages", "100001", "edges.max_messages: 100001 is more than 100000")]
    [TestCase("edges:max_lifetime", "721h", "edges.max_lifetime: 30.01:00:00 is not between 0 (excluded) and 30 days")]
    [TestCase("edges:retain_memory", "0", "edges.retain_memory: 0 is less than 1")]
    [TestCase("limits:max_frame_bytes", "banana", "limits.max_frame_bytes: \"banana\" is not a size such as 10485760, 64KiB or 10MiB (at most 2 GiB)")]
    [TestCase("limits:max_frame_bytes", "3GiB", "limits.max_frame_bytes: \"3GiB\" is not a size such as 10485760, 64KiB or 10MiB (at most 2 GiB)")]
    [TestCase("limits:max_meta_bytes", "11MiB", "limits.max_meta_bytes: 11534336 is more than limits.max_frame_bytes, 10485760")]
    [TestCase("limits:max_sessions_per_connection", "0", "limits.max_sessions_per_connection: 0 is less than 1")]
    [TestCase("limits:max_in_flight_per_connection", "0", "limits.max_in_flight_per_connection: 0 is less than 1")]
    [TestCase("limits:max_outbound_bytes_per_connection", "1", "limits.max_outbound_bytes_per_connection: 1 is less than 1024")]
    [TestCase("limits:max_methods_per_connection", "-1", "limits.max_methods_per_connection: -1 is less than 0")]
    [TestCase("limits:plain_message_window", "-1", "limits.plain_message_window: -1 is less than 0")]
    [TestCase("limits:max_route_waiting_bytes", "1", "limits.max_route_waiting_bytes: 1 is less than 1024")]
    [TestCase("limits:max_name_bytes", "0", "limits.max_name_bytes: 0 is less than 1")]
    [TestCase("limits:handshake_timeout", "0", "limits.handshake_timeout: 00:00:00 is not between 0 (excluded) and 24h")]
    [TestCase("limits:close_timeout", "25h", "limits.close_timeout: 1.01:00:00 is not between 0 (excluded) and 24h")]
    [TestCase("limits:slow_consumer_timeout", "-5s", "limits.slow_consumer_timeout: -00:00:05 is not between 0 (excluded) and 24h")]
    [TestCase("limits:max_connections", "many", "limits.max_connections: \"many\" is not a whole number")]
    [TestCase("limits:max_connections", "017", "limits.max_connections: \"017\" is not a whole number (octal is written 0o17, decimal without a leading 0)")]
    [TestCase("log:max_queued_lines", "0", "log.max_queued_lines: 0 is less than 1")]
    [TestCase("log:repeat_interval", "0s", "log.repeat_interval: 00:00:00 is not between 0 (excluded) and 24h")]
    [TestCase("limits:max_connections_per_source", "0", "limits.max_connections_per_source: 0 is less than 1")]
    [TestCase("log:level", "loud", "log.level: \"loud\" is not one of trace, debug, info, warn, error, fatal")]
    [TestCase("log:format", "xml", "log.format: \"xml\" is not one of text, json")]
    [TestCase("cluster:silo_port", "70000", "cluster.silo_port: 70000 is not a port")]
    [TestCase("cluster:directory", "orleans", "cluster.directory: \"orleans\" is not one of distributed, redis")]
    [TestCase("cluster:directory", "redis", "cluster.directory: 'redis' needs the Redis server of the cluster: set cluster.redis")]
    [TestCase("cluster:gateway_port", "-1", "cluster.gateway_port: -1 is not a port")]
    [TestCase("cluster:redis", "redis://:secret@redis:6379", "cluster.redis: write it as host:port[,password=...][,user=...][,ssl=true], not as a URI")]
    [TestCase("cluster:redis", "redis:6379,pasword=secret", "cluster.redis: it is not host:port[,password=...][,user=...][,ssl=true]")]
    [TestCase("cluster:redis", "redis:6379,password=se,c@ret", "cluster.redis: it is not host:port[,password=...][,user=...][,ssl=true]")]
    [TestCase("cluster:redis", "password=secret", "cluster.redis: it is not host:port[,password=...][,user=...][,ssl=true]")]
    [TestCase("cluster:listen_addr", "eth0", "cluster.listen_addr: \"eth0\" is not an IP address")]
    [TestCase("cluster:advertised_addr", "10.0.0.1:11111", "cluster.advertised_addr: \"10.0.0.1:11111\" is not an address or a host name, without a port")]
    [TestCase("cluster:cluster_id", "two words", "cluster.cluster_id: \"two words\" is not one word")]
    [TestCase("cluster:join_timeout", "0s", "cluster.join_timeout: 00:00:00 is not between 0 (excluded) and 24h")]
    [TestCase("redis:mode", "many", "redis.mode: \"many\" is not one of standalone, sentinel, cluster")]
    [TestCase("redis:standalone:addr", "redis", "redis.standalone.addr: \"redis\" is not host:port")]
    [TestCase("redis:mode", "cluster", "redis.cluster.addrs: at least one address is needed")]
    public void A_wrong_value_stops_the_start_with_the_path_of_its_key(string key, string value, string message) =>
        Assert.That(Problems((key, value)), Is.EqualTo(new[] { message }));

    [Test]
    public void All_wrong_values_are_named_at_once() =>
        Assert.That(
            Problems(("edgebound:listen:addr", "foo"), ("servicebound:listen:addr", "bar"), ("limits:max_frame_bytes", "banana"), ("limits:close_timeout", "x")),
            Has.Length.EqualTo(4));

    [TestCase("tcp4", "[::1]:1")]
    [TestCase("tcp6", "127.0.0.1:1")]
    public void An_address_must_be_of_the_network_it_is_for(string network, string address) =>
        Assert.That(
            Problems(("edgebound:listen:network", network), ("edgebound:listen:addr", address)),
            Is.EqualTo(new[] { $"edgebound.listen.addr: \"{address}\" is not an address of the network {network}" }));

    [Test]
    public void One_port_cannot_be_both_of_the_clusters() =>
        Assert.That(
            Problems(("cluster:silo_port", "1234"), ("cluster:gateway_port", "1234")),
            Is.EqualTo(new[] { "cluster.gateway_port: 1234 is also cluster.silo_port" }));

    [Test]
    public void What_is_switched_off_may_have_any_address() =>
        Assert.That(
            () => Settings.FromKeys(
                ("controlplane:enable", "false"), ("controlplane:listen:addr", "x"), ("observability:enable", "no"), ("observability:addr", "x")),
            Throws.Nothing);

    [Test]
    public void Tls_without_its_files_is_named_file_by_file() =>
        Assert.That(
            Problems(
                ("edgebound:listen:tls:enable", "true"),
                ("edgebound:listen:tls:mtls", "true"),
                ("edgebound:listen:tls:certs:0:cert", "/nowhere/edge.crt"),
                ("servicebound:listen:tls:enable", "true")),
            Is.EquivalentTo(new[]
            {
                "edgebound.listen.tls.ca_certs: mtls needs at least one file with the authorities that sign the peers' certificates",
                "edgebound.listen.tls.certs[0].cert: no file /nowhere/edge.crt",
                "edgebound.listen.tls.certs[0].key: no file is given",
                "servicebound.listen.tls.certs: TLS is enabled and no certificate is given",
            }));

    private static string[] Problems(params (string Key, string Value)[] overrides)
    {
        try
        {
            Settings.FromKeys(overrides);
            return [];
        }
        catch (ConfigurationException wrong)
        {
            return [.. wrong.Problems];
        }
    }
}

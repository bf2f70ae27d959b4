using Frontier.Gateway;

namespace Frontier.Silo.Tests;

public sealed class DefaultsTests
{
    [Test]
    public void Without_any_configuration_the_documented_ports_and_rules_hold()
    {
        var settings = Settings.FromKeys();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(settings.Get<ServiceboundOptions>().Listen.Addr, Is.EqualTo("0.0.0.0:30011"));
            Assert.That(settings.Get<EdgeboundOptions>().Listen.Addr, Is.EqualTo("0.0.0.0:30012"));
            Assert.That(settings.Get<EdgeboundOptions>().AllocateIdWithoutIdService, Is.True);
            Assert.That(settings.Get<ControlplaneOptions>().Listen.Addr, Is.EqualTo("0.0.0.0:30010"));
            Assert.That(settings.Get<ControlplaneOptions>().Enable, Is.True);
            Assert.That(settings.Get<ControlplaneOptions>().Auth.Tokens, Is.Empty);
            Assert.That(settings.Get<FrontlasPortOptions>().Listen.Addr, Is.EqualTo("0.0.0.0:40011"));
            Assert.That(settings.Get<FrontlasPortOptions>().Enable, Is.True);
            Assert.That(settings.Get<FrontierPlaneOptions>().Listen.Addr, Is.EqualTo("0.0.0.0:40012"));
            Assert.That(settings.Get<FrontierPlaneOptions>().Enable, Is.False);
            Assert.That(settings.Get<FrontierPlaneOptions>().Expiration.EdgeMeta, Is.EqualTo(30));
            Assert.That(settings.Get<FrontierPlaneOptions>().Expiration.ServiceMeta, Is.EqualTo(30));
            Assert.That(settings.Get<FrontlasOptions>().RedisMirror, Is.False);
            Assert.That(settings.Get<DashboardOptions>().Enable, Is.False);
            Assert.That(settings.Get<DashboardOptions>().Listen.Addr, Is.EqualTo("127.0.0.1:30080"));
            Assert.That(settings.Get<ObservabilityOptions>().Addr, Is.EqualTo("0.0.0.0:9091"));
            Assert.That(settings.Get<ExchangeOptions>().HashBy, Is.EqualTo(HashBy.EdgeId));
            Assert.That(settings.Get<ExchangeOptions>().PresenceToAll, Is.False);
            Assert.That(settings.Get<ExchangeOptions>().ForwardTimeout, Is.EqualTo(TimeSpan.FromSeconds(30)));
            Assert.That(settings.Get<DaemonOptions>().DrainTimeout, Is.EqualTo(TimeSpan.FromSeconds(30)));
            Assert.That(settings.Get<LimitOptions>().MaxFrameBytes, Is.EqualTo(10 * 1024 * 1024));
            Assert.That(settings.Get<LimitOptions>().HandshakeTimeout, Is.EqualTo(TimeSpan.FromSeconds(10)));
            Assert.That(settings.Get<LimitOptions>().MaxConnections, Is.EqualTo(1_000_000));
            Assert.That(settings.Audit.Describe(), Is.Empty);
        }
    }

    [Test]
    public void Every_limit_can_be_set()
    {
        var limits = Settings.FromYaml("""
            limits:
              max_frame_bytes: 1MiB
              max_meta_bytes: 2KiB
              max_sessions_per_connection: 3
              max_in_flight_per_connection: 4
              max_outbound_bytes_per_connection: 5MB
              max_methods_per_connection: 6
              max_name_bytes: 7
              handshake_timeout: 8s
              close_timeout: 1m30s
              slow_consumer_timeout: 00:00:10
              max_connections: 11
              max_connections_per_source: 12
            """).Get<LimitOptions>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(limits.MaxFrameBytes, Is.EqualTo(1024 * 1024));
            Assert.That(limits.MaxMetaBytes, Is.EqualTo(2048));
            Assert.That(limits.MaxSessionsPerConnection, Is.EqualTo(3));
            Assert.That(limits.MaxInFlightPerConnection, Is.EqualTo(4));
            Assert.That(limits.MaxOutboundBytesPerConnection, Is.EqualTo(5_000_000));
            Assert.That(limits.MaxMethodsPerConnection, Is.EqualTo(6));
            Assert.That(limits.MaxNameBytes, Is.EqualTo(7));
            Assert.That(limits.HandshakeTimeout, Is.EqualTo(TimeSpan.FromSeconds(8)));
            Assert.That(limits.CloseTimeout, Is.EqualTo(TimeSpan.FromSeconds(90)));
            Assert.That(limits.SlowConsumerTimeout, Is.EqualTo(TimeSpan.FromSeconds(10)));
            Assert.That(limits.MaxConnections, Is.EqualTo(11));
            Assert.That(limits.MaxConnectionsPerSource, Is.EqualTo(12));
        }
    }

    [Test]
    public void The_id_comes_from_the_file_else_from_the_node_else_from_the_host()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Settings.FromYaml("daemon: {frontier_id: mine}", ("NODE_NAME", "n1")).Get<DaemonOptions>().FrontierId, Is.EqualTo("mine"));
            Assert.That(Settings.FromYaml("daemon: {frontier_id: ''}", ("NODE_NAME", "n1")).Get<DaemonOptions>().FrontierId, Is.EqualTo("frontier-n1"));
            Assert.That(Settings.FromYaml("").Get<DaemonOptions>().FrontierId, Is.EqualTo(Environment.MachineName));
        }
    }
}

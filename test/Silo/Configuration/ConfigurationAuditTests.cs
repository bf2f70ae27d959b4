using Frontier.Gateway;

namespace Frontier.Silo.Tests;

public sealed class ConfigurationAuditTests
{
    [Test]
    public void Keys_of_the_original_that_are_not_supported_yet_are_named()
    {
        var audit = Settings.FromYaml(
            """
            daemon: {pprof: {enable: true}, rlimit: {nofile: 1000}}
            edgebound: {bypass_enable: true}
            dao: {debug: false}
            log: {output: file, file: {path: x}}
            """).Audit;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(audit.NotSupported, Is.EquivalentTo(new[]
            {
                "daemon.pprof", "daemon.rlimit", "edgebound.bypass_enable", "dao",
                "log.output file", "log.file",
            }));
            Assert.That(audit.Unknown, Is.Empty);
            Assert.That(audit.Describe().Single(), Does.StartWith("Not supported yet and ignored: ").And.Contain("dao"));
        }
    }

    [Test]
    public void A_Frontlas_to_report_to_is_taken_as_frontiers_of_the_original_have_it()
    {
        var settings = Settings.FromYaml(
            """
            frontlas:
              enable: true
              dial: {network: tcp, addrs: ["10.0.0.1:40012", "10.0.0.2:40012"], tls: {enable: false, mtls: false, ca_certs: [], certs: [{cert: a, key: b}], insecure_skip_verify: false}}
              metrics: {enable: false, interval: 0}
            """,
            ("FRONTLAS_ADDR", "frontlas:40012"));
        var frontlas = settings.Get<FrontlasOptions>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(settings.Audit.Describe(), Is.Empty);
            Assert.That((frontlas.Enable, frontlas.Dial.Network, frontlas.Heartbeat), Is.EqualTo((true, "tcp", TimeSpan.FromSeconds(10))));
            Assert.That(frontlas.Dial.Addrs, Is.EqualTo(new[] { "frontlas:40012", "10.0.0.2:40012" }));
        }
    }

    [TestCase("frontlas: {enable: true}", "frontlas.dial.addrs: frontlas.enable needs the address of a Frontlas")]
    [TestCase("frontlas: {enable: true, dial: {addrs: [\"nowhere\"]}}", "frontlas.dial.addrs[0]: \"nowhere\" is not host:port")]
    [TestCase("frontlas: {enable: true, heartbeat: 20s, dial: {addrs: [\"a:1\"]}}", "frontlas.heartbeat: must be from 1s to 14s")]
    [TestCase("frontlas: {enable: true, dial: {network: udp, addrs: [\"a:1\"]}}", "frontlas.dial.network: \"udp\" is not supported")]
    [TestCase("frontlas: {enable: true, dial: {addrs: [\"a:1\"], tls: {enable: true, mtls: true}}}", "frontlas.dial.tls.certs: mtls needs a certificate")]
    [TestCase("frontlas: {enable: true, dial: {addrs: [\"a:1\"], tls: {enable: true, ca_certs: [/nowhere]}}}", "frontlas.dial.tls: ")]
    [TestCase("frontlas: {enable: true, dial: {addrs: [\"a:1\"]}, metrics: {enable: true, interval: 0}}", "frontlas.metrics.interval: ")]
    public void A_Frontlas_that_cannot_be_reported_to_stops_the_start(string yaml, string problem) =>
        Assert.That(Assert.Throws<ConfigurationException>(() => Settings.FromYaml(yaml))!.Problems, Has.Some.StartsWith(problem));

    [Test]
    public void A_configuration_of_the_originals_frontlas_is_taken_as_it_is()
    {
        var settings = Settings.FromYaml(
            """
            control_plane: {listen: {network: tcp, addr: "127.0.0.1:41011"}}
            frontier_plane: {listen: {network: tcp, addr: "127.0.0.1:41012"}, expiration: {service_meta: 40, edge_meta: 50}}
            """,
            ("FRONTLAS_CONTROLPLANE_PORT", "42011"),
            ("FRONTLAS_FRONTIERPLANE_PORT", "42012"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(settings.Get<FrontlasPortOptions>().Listen.Addr, Is.EqualTo("127.0.0.1:42011"));
            Assert.That(settings.Get<FrontierPlaneOptions>().Enable, Is.True);
            Assert.That(settings.Get<FrontierPlaneOptions>().Listen.Addr, Is.EqualTo("127.0.0.1:42012"));
            Assert.That(settings.Get<FrontierPlaneOptions>().Expiration.ServiceMeta, Is.EqualTo(40));
            Assert.That(settings.Get<FrontierPlaneOptions>().Expiration.EdgeMeta, Is.EqualTo(50));
            Assert.That(settings.Audit.Describe(), Is.Empty);
        }
    }

    [TestCase("edgebound: {listen: {adr: x}}", "edgebound.listen.adr", "edgebound.listen.addr")]
    [TestCase("edgebond: {listen: {addr: x}}", "edgebond", "edgebound")]
    [TestCase("exchange: {banana: 1}", "exchange.banana", null)]
    public void A_misspelt_key_is_named_with_what_was_probably_meant(string yaml, string path, string? suggestion) =>
        Assert.That(Settings.FromYaml(yaml).Audit.Unknown, Is.EqualTo(new[] { new UnknownKey(path, suggestion) }));

    [TestCase("edgebound: {listen: {tls: {certs: [{crt: a, key: b}]}}}", "edgebound.listen.tls.certs[0].crt: unknown key; did you mean edgebound.listen.tls.certs[0].cert?")]
    [TestCase("edgebound: {listen: {tls: {enabel: true}}}", "edgebound.listen.tls.enabel: unknown key; did you mean edgebound.listen.tls.enable?")]
    [TestCase("edgebound: {listen: {tsl: {enable: true}}}", "edgebound.listen.tsl: unknown key; did you mean edgebound.listen.tls?")]
    [TestCase("controlplane: {auth: {token: [abcdefghijklmnopq]}}", "controlplane.auth.token: unknown key; did you mean controlplane.auth.tokens?")]
    [TestCase("limits: {max_frame_byte: 1}", "limits.max_frame_byte: unknown key; did you mean limits.max_frame_bytes?")]
    [TestCase("limits: {banana: 1}", "limits.banana: unknown key")]
    [TestCase("limit: {max_frame_bytes: 1}", "limit: unknown key; did you mean limits?")]
    public void A_key_that_nobody_knows_where_safety_hangs_on_it_stops_the_start(string yaml, string problem) =>
        Assert.That(() => Settings.FromYaml(yaml), Throws.TypeOf<ConfigurationException>().With.Message.EqualTo(problem));

    [Test]
    public void Variables_that_Kubernetes_sets_for_services_are_no_ports()
    {
        var settings = Settings.FromYaml(
            "edgebound: {listen: {addr: \"127.0.0.1:31012\"}}",
            ("FRONTIER_EDGEBOUND_PORT", "tcp://10.0.0.1:30012"),
            ("FRONTIER_EDGEBOUND_PORT_30012_TCP", "tcp://10.0.0.1:30012"),
            ("FRONTIER_EDGEBOUND_SERVICE_HOST", "10.0.0.1"),
            ("FRONTLAS_CONTROLPLANE_PORT", "tcp://10.0.0.2:40011"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(settings.Get<EdgeboundOptions>().Listen.Addr, Is.EqualTo("127.0.0.1:31012"));
            Assert.That(
                settings.Audit.Describe().Single(),
                Does.StartWith("Ignored FRONTIER_EDGEBOUND_PORT, FRONTLAS_CONTROLPLANE_PORT: set by Kubernetes "));
        }
    }

    [Test]
    public void A_misspelt_key_is_a_sentence_in_the_log() =>
        Assert.That(
            Settings.FromYaml("edgebound: {listen: {adr: x}}").Audit.Describe(),
            Is.EqualTo(new[] { "Unknown configuration key edgebound.listen.adr is ignored; did you mean edgebound.listen.addr?" }));

    [Test]
    public void Sections_of_other_libraries_and_the_machines_environment_are_left_alone() =>
        Assert.That(
            Settings.FromYaml("Logging: {LogLevel: {Default: Warning}}", ("PATH", "/bin"), ("LOG", "x"), ("DOTNET__x", "1")).Audit.Describe(),
            Is.Empty);
}

using Frontier.Gateway;

namespace Frontier.Silo.Tests;

public sealed class PrecedenceTests
{
    private const string File = """
        edgebound:
          listen:
            addr: 127.0.0.1:1000
            tls:
              ca_certs: [one, two]
        servicebound:
          listen:
            addr: "[::1]:2000"
        """;

    [Test]
    public void The_environment_wins_over_the_file()
    {
        var settings = Settings.FromYaml(File, ("edgebound__listen__addr", "127.0.0.1:1001"), ("EDGEBOUND__LISTEN__TLS__CA_CERTS__1", "three"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(settings.Get<EdgeboundOptions>().Listen.Addr, Is.EqualTo("127.0.0.1:1001"));
            Assert.That(settings.Get<EdgeboundOptions>().Listen.Tls.CaCerts, Is.EqualTo(new[] { "one", "three" }));
        }
    }

    [Test]
    public void The_port_variables_replace_only_the_port()
    {
        var settings = Settings.FromYaml(File, ("FRONTIER_EDGEBOUND_PORT", "1002"), ("FRONTIER_SERVICEBOUND_PORT", "2002"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(settings.Get<EdgeboundOptions>().Listen.Addr, Is.EqualTo("127.0.0.1:1002"));
            Assert.That(settings.Get<ServiceboundOptions>().Listen.Addr, Is.EqualTo("[::1]:2002"));
        }
    }

    [Test]
    public void The_port_variables_work_without_a_file() =>
        Assert.That(
            Settings.FromYaml("", ("FRONTIER_SERVICEBOUND_PORT", "2003")).Get<ServiceboundOptions>().Listen.Addr,
            Is.EqualTo("0.0.0.0:2003"));

    [Test]
    public void The_command_line_wins_over_everything()
    {
        using var file = new TemporaryFile("frontier.yaml", File);
        var settings = Settings.Load(
            file.Path,
            [("FRONTIER_EDGEBOUND_PORT", "1002"), ("FRONTIER_DRAIN_SECONDS", "7")],
            [("edgebound:listen:addr", "127.0.0.1:1003"), ("daemon:drain_timeout", "9s")]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(settings.Get<EdgeboundOptions>().Listen.Addr, Is.EqualTo("127.0.0.1:1003"));
            Assert.That(settings.Get<DaemonOptions>().DrainTimeout, Is.EqualTo(TimeSpan.FromSeconds(9)));
        }
    }

    [Test]
    public void The_drain_time_can_be_set_in_seconds() =>
        Assert.That(
            Settings.FromYaml("", ("FRONTIER_DRAIN_SECONDS", "7")).Get<DaemonOptions>().DrainTimeout,
            Is.EqualTo(TimeSpan.FromSeconds(7)));

    [TestCase("FRONTIER_SERVICEBOUND_PORT", "70000", "FRONTIER_SERVICEBOUND_PORT: \"70000\" is not a port")]
    [TestCase("FRONTIER_DRAIN_SECONDS", "soon", "FRONTIER_DRAIN_SECONDS: \"soon\" is not a whole number of seconds")]
    public void A_wrong_variable_stops_the_start_with_its_name(string name, string value, string message) =>
        Assert.That(
            () => Settings.FromYaml("", (name, value)),
            Throws.TypeOf<ConfigurationException>().With.Property(nameof(ConfigurationException.Problems)).EqualTo(new[] { message }));
}

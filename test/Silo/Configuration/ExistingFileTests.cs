using Frontier.Gateway;

namespace Frontier.Silo.Tests;

public sealed class ExistingFileTests
{
    private FrontierSettings _settings = null!;

    [OneTimeSetUp]
    public void Load() =>
        _settings = Settings.Load(Path.Combine(TestContext.CurrentContext.TestDirectory, "Configuration", "frontier.yaml"), [], []);

    [Test]
    public void Edgebound_is_as_the_file_says()
    {
        var edgebound = _settings.Get<EdgeboundOptions>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(edgebound.Listen.Network, Is.EqualTo("tcp"));
            Assert.That(edgebound.Listen.Addr, Is.EqualTo("0.0.0.0:4012"));
            Assert.That(edgebound.Listen.AdvertisedAddr, Is.EqualTo("edges.example.com:443"));
            Assert.That(edgebound.Listen.Tls.Enable, Is.False);
            Assert.That(edgebound.Listen.Tls.Mtls, Is.True);
            Assert.That(edgebound.Listen.Tls.CaCerts, Is.EqualTo(new[] { "ca1.cert", "ca2.cert" }));
            Assert.That(edgebound.Listen.Tls.Certs.Select(pair => (pair.Cert, pair.Key)), Is.EqualTo(new[]
            {
                ("edgebound.cert", "edgebound.key"), ("other.cert", "other.key"),
            }));
            Assert.That(edgebound.Listen.Tls.InsecureSkipVerify, Is.True);
            Assert.That(edgebound.AllocateIdWithoutIdService, Is.False);
            Assert.That(edgebound.HonourRequestedId, Is.True);
        }
    }

    [Test]
    public void Servicebound_controlplane_and_observability_are_as_the_file_says()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_settings.Get<ServiceboundOptions>().Listen.Network, Is.EqualTo("tcp4"));
            Assert.That(_settings.Get<ServiceboundOptions>().Listen.Addr, Is.EqualTo("127.0.0.1:4011"));
            Assert.That(_settings.Get<ServiceboundOptions>().Listen.AdvertisedAddr, Is.Empty);
            Assert.That(_settings.Get<ServiceboundOptions>().Listen.Tls.Certs, Is.Empty);
            Assert.That(_settings.Get<ControlplaneOptions>().Enable, Is.False);
            Assert.That(_settings.Get<ControlplaneOptions>().Listen.Addr, Is.EqualTo("127.0.0.1:4010"));
            Assert.That(_settings.Get<ObservabilityOptions>().Enable, Is.True);
            Assert.That(_settings.Get<ObservabilityOptions>().Addr, Is.EqualTo("127.0.0.1:4091"));
        }
    }

    [Test]
    public void Daemon_exchange_and_log_are_as_the_file_says()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_settings.Get<DaemonOptions>().FrontierId, Is.EqualTo("frontier-eu-1"));
            Assert.That(_settings.Get<ExchangeOptions>().HashBy, Is.EqualTo(HashBy.SrcIp));
            Assert.That(_settings.Get<LogOptions>().Level, Is.EqualTo(LogSeverity.Warn));
            Assert.That(_settings.Get<LogOptions>().Output, Is.EqualTo(LogOutput.Stderr));
            Assert.That(_settings.Get<LogOptions>().Format, Is.EqualTo(LogFormat.Json));
        }
    }

    [Test]
    public void What_is_not_supported_yet_is_named_and_nothing_else()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_settings.Audit.NotSupported, Is.EquivalentTo(new[]
            {
                "edgebound.bypass", "edgebound.bypass_enable", "log.file",
            }));
            Assert.That(_settings.Audit.Unknown, Is.Empty);
        }
    }
}

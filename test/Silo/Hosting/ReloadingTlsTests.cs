using Frontier.Gateway;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Frontier.Silo.Tests;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ReloadingTlsTests : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<ListenerMetrics>().BuildServiceProvider();
    private readonly Clock _clock = new(DateTimeOffset.UtcNow);
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    public void Dispose()
    {
        _services.Dispose();
        _certificates.Dispose();
    }

    [Test]
    public void An_expired_certificate_does_not_replace_a_valid_one()
    {
        var valid = _certificates.WriteServer("a.test");
        var tls = Load();
        _certificates.WriteServer("a.test", notAfter: _now.AddMinutes(-1));
        Assert.That(Shown(tls), Is.EqualTo(valid));
        var renewed = _certificates.WriteServer("a.test");
        Assert.That(Shown(tls), Is.EqualTo(renewed));
    }

    [Test]
    public void A_certificate_of_tomorrow_is_used_from_tomorrow_on()
    {
        var valid = _certificates.WriteServer("a.test", notAfter: _now.AddHours(30));
        var tls = Load();
        var tomorrows = _certificates.WriteServer("a.test", notBefore: _now.AddHours(24), notAfter: _now.AddHours(40));
        Assert.That(Shown(tls), Is.EqualTo(valid));
        _clock.Advance(TimeSpan.FromHours(25));
        Assert.That(Shown(tls), Is.EqualTo(tomorrows));
    }

    [Test]
    public void One_that_has_expired_is_replaced_by_whatever_is_there()
    {
        _certificates.WriteServer("a.test", notAfter: _now.AddMinutes(1));
        var tls = Load();
        _clock.Advance(TimeSpan.FromMinutes(2));
        var other = _certificates.WriteServer("a.test", notAfter: _now.AddMinutes(1).AddSeconds(30));
        Assert.That(Shown(tls), Is.EqualTo(other));
    }

    private ReloadingTls Load() => new(
        "edgebound.listen.tls",
        new TlsOptions { Enable = true, Certs = [new CertificateOptions { Cert = _certificates.CertificateFile("a.test"), Key = _certificates.KeyFile("a.test") }] },
        null,
        _services.GetRequiredService<ListenerMetrics>(),
        NullLogger.Instance,
        _clock);

    private string Shown(ReloadingTls tls)
    {
        _clock.Advance(TimeSpan.FromSeconds(2));
        return tls.Select("a.test").ServerCertificateContext!.TargetCertificate.Thumbprint;
    }

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        private DateTimeOffset _now = now;

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => _now.Ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan time) => _now += time;
    }
}

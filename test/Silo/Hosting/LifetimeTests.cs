using System.Net;
using Frontier.Gateway;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Frontier.Silo.Tests;

public sealed class LifetimeTests
{
    [Test]
    public async Task A_gateway_is_not_ready_before_it_started_nor_once_it_shuts_down()
    {
        var probe = new ShutdownProbe();
        await using var app = RunningHost.Build(builder => builder.Services.AddSingleton<IHostedService>(probe));
        var readiness = app.Services.GetRequiredService<Readiness>();
        Assert.That(readiness.Reasons.Keys, Is.EquivalentTo(new[] { "silo", "listeners" }));

        await app.StartAsync();
        Assert.That(readiness.IsReady, Is.True);

        probe.Observability = $"http://127.0.0.1:{app.Services.GetRequiredService<FrontierEndpoints>().PortOf(FrontierEndpoints.Observability)}";
        app.Lifetime.StopApplication();
        await app.WaitForShutdownAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(probe.Ready, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(probe.Healthy, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(probe.Report, Is.EqualTo("""{"ready":false,"reasons":{"shutdown":"the process is shutting down"}}"""));
        }
    }

    [Test]
    public async Task A_part_that_fails_ends_the_process_with_one_line_and_an_exit_code()
    {
        var failure = await Assert.ThrowsAsync<ServiceFailedException>(() => FrontierHost.RunAsync(
            Settings.FromKeys(Settings.OnFreePorts),
            CancellationToken.None,
            builder => builder.Services.AddHostedService<FailingService>()));
        var lines = StartFailure.Describe(failure!);
        Assert.That(lines, Is.EqualTo(new[] { "FailingService failed, and the process ended with it: InvalidOperationException: the wheel came off" }));
    }

    private sealed class FailingService(IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Delay(Timeout.Infinite, lifetime.ApplicationStarted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new InvalidOperationException("the wheel\ncame off");
        }
    }

    /// <summary>Asks for health at the moment a shutdown has begun and the listeners are still open.</summary>
    private sealed class ShutdownProbe : IHostedLifecycleService
    {
        public string? Observability { get; set; }

        public HttpStatusCode? Ready { get; private set; }

        public HttpStatusCode? Healthy { get; private set; }

        public string? Report { get; private set; }

        public async Task StoppingAsync(CancellationToken cancellationToken)
        {
            using var http = new HttpClient();
            using var ready = await http.GetAsync($"{Observability}/readyz", cancellationToken);
            using var health = await http.GetAsync($"{Observability}/healthz", cancellationToken);
            Ready = ready.StatusCode;
            Healthy = health.StatusCode;
            Report = await ready.Content.ReadAsStringAsync(cancellationToken);
        }

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

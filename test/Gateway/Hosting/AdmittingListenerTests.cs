using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Frontier.Gateway.Tests.Hosting;

internal sealed class AdmittingListenerTests
{
    [Test]
    public async Task A_port_accepts_the_next_connection_whatever_failed_with_the_one_before()
    {
        await using var services = new ServiceCollection().AddMetrics().AddSingleton<ListenerMetrics>().BuildServiceProvider();
        var broken = new Accepted { Breaks = true };
        var good = new Accepted();
        var socket = new FakeListener(() => throw new InvalidOperationException("no socket"), () => broken, () => throw new IOException(), () => good, () => null);
        await using var listener = new AdmittingListener(
            socket,
            new ListenerEndPoint(new IPEndPoint(IPAddress.Loopback, 1), FrontierEndpoints.Edgebound),
            new ConnectionBudget(new LimitOptions(), null, null, TimeProvider.System),
            services.GetRequiredService<ListenerMetrics>(),
            NullLogger.Instance);

        var connection = await listener.AcceptAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(connection!.ConnectionId, Is.EqualTo(good.ConnectionId));
        Assert.That(await listener.AcceptAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)), Is.Null, "unbound");
    }

    private sealed class FakeListener(params Func<ConnectionContext?>[] accepts) : IConnectionListener
    {
        private int _next;

        public EndPoint EndPoint => new IPEndPoint(IPAddress.Loopback, 1);

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => new(accepts[_next++]());

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => default;

        public ValueTask DisposeAsync() => default;
    }

    private sealed class Accepted : DefaultConnectionContext
    {
        public Accepted()
            : base(Guid.NewGuid().ToString()) => Transport = new Pair();

        public bool Breaks { get; init; }

        public override EndPoint? RemoteEndPoint
        {
            get => Breaks ? throw new InvalidOperationException("gone") : new IPEndPoint(IPAddress.Loopback, 2);
            set => throw new NotSupportedException();
        }

        private sealed class Pair : IDuplexPipe
        {
            private readonly Pipe _pipe = new();

            public PipeReader Input => _pipe.Reader;

            public PipeWriter Output => _pipe.Writer;
        }
    }
}

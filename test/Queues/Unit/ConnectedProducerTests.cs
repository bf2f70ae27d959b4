using System.Diagnostics.Metrics;
using Frontier.GrainInterfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Frontier.Queues.Tests.Unit;

internal sealed class ConnectedProducerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Test]
    public async Task A_producer_connects_again_and_answers_each_message_though_its_log_and_meters_fail()
    {
        await using var services = new ServiceCollection().AddMetrics().AddSingleton<QueueMetrics>().BuildServiceProvider();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == QueueMetrics.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => throw new InvalidOperationException("the meter's listener failed"));
        listener.Start();
        var producer = new Producer(services.GetRequiredService<QueueMetrics>());
        await using var _ = producer;
        producer.Start();

        var late = await producer.SendAsync(new QueueMessage("t", default) { Deadline = Environment.TickCount64 + 1 }, default);
        await Assert.CatchAsync<FrontierException>(() => late.WaitAsync(Patience), "it was not sent in time");

        var lost = await producer.SendAsync(new QueueMessage("lost", default), default);
        producer.IsThere = true;
        await Assert.CatchAsync<FrontierException>(() => lost.WaitAsync(Patience), "the connection broke under it");
        var taken = await producer.SendAsync(new QueueMessage("t", default), default);
        await taken.WaitAsync(Patience);
    }

    private sealed class Producer(QueueMetrics metrics)
        : ConnectedProducer(new QueueRoute("q", ["t"]), new QueueLimits(10, 1000, TimeSpan.FromSeconds(30), "g"), metrics, new FailingLogger())
    {
        public bool IsThere { get; set; }

        protected override Task<IQueueConnection> ConnectAsync(CancellationToken cancellationToken) =>
            IsThere ? Task.FromResult<IQueueConnection>(new Connection()) : throw new IOException($"not there {Guid.NewGuid()}");
    }

    private sealed class Connection : IQueueConnection
    {
        private readonly TaskCompletionSource _lost = new();

        public Task Lost => _lost.Task;

        public ValueTask WriteAsync(IReadOnlyList<Outgoing> messages, CancellationToken cancellationToken)
        {
            foreach (var message in messages)
            {
                if (message.Message.Topic == "lost")
                {
                    throw new IOException("broke");
                }

                message.Confirm();
            }

            return default;
        }

        public void Check()
        {
        }

        public void FailAll(FrontierException error)
        {
        }

        public ValueTask DisposeAsync() => default;
    }

    private sealed class FailingLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("the log failed");
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using ErrorCode = Confluent.Kafka.ErrorCode;

namespace Frontier.Queues;

/// <summary>Publishes to Kafka through librdkafka, which batches, retries and reconnects by itself.</summary>
internal sealed class KafkaProducer : QueueProducer
{
    // How often the brokers are asked for something while nothing says that they are there.
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<Outgoing, byte> _unconfirmed = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly ProducerConfig _config;
    private readonly bool _hasKey;
    private IProducer<byte[]?, byte[]>? _producer;
    private Task _watching = Task.CompletedTask;
    private volatile bool _isFatal;

    /// <summary>Creates the producer.</summary>
    public KafkaProducer(KafkaOptions options, QueueRoute route, QueueLimits limits, QueueMetrics metrics, ILogger logger)
        : base(route, limits, metrics, logger)
    {
        _config = KafkaConfig.From(options, limits);
        _hasKey = options.Producer.Key == KafkaKey.EdgeId;
    }

    /// <inheritdoc/>
    public override void Start()
    {
        lock (_gate)
        {
            _producer = Build();
        }

        _watching = Task.Run(WatchAsync);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        IProducer<byte[]?, byte[]>? producer;
        lock (_gate)
        {
            (producer, _producer) = (_producer, null);
        }

        producer?.Dispose();
        FailAll("the process is stopping");
        _stopping.Dispose();
    }

    /// <inheritdoc/>
    protected override void Enqueue(Outgoing outgoing)
    {
        _unconfirmed.TryAdd(outgoing, 0);
        try
        {
            lock (_gate)
            {
                if (_producer is not { } producer)
                {
                    Fail(outgoing, Unavailable("the process is stopping"));
                    return;
                }

                producer.Produce(outgoing.Message.Topic, MessageOf(outgoing.Message), report => OnDelivered(outgoing, report.Error));
            }
        }
        catch (KafkaException e)
        {
            OnDelivered(outgoing, e.Error);
        }
        catch (ArgumentException e)
        {
            Fail(outgoing, Refused(e.Message));
        }
    }

    private Message<byte[]?, byte[]> MessageOf(QueueMessage message)
    {
        var headers = new Headers();
        foreach (var (name, value) in QueueHeaders.TextOf(message))
        {
            headers.Add(name, QueueHeaders.Bytes(value));
        }

        if (!message.Custom.IsEmpty)
        {
            headers.Add(QueueHeaders.Custom, message.Custom.ToArray());
        }

        return new Message<byte[]?, byte[]>
        {
            Key = _hasKey ? QueueHeaders.Bytes(message.EdgeId.ToString(CultureInfo.InvariantCulture)) : null,
            Value = message.Payload.ToArray(),
            Headers = headers,
            Timestamp = new Timestamp(message.ReceivedAt),
        };
    }

    private void OnDelivered(Outgoing outgoing, Error error)
    {
        if (!error.IsError)
        {
            SetUp();
            if (_unconfirmed.TryRemove(outgoing, out _))
            {
                outgoing.Confirm();
            }

            return;
        }

        NoteFatal(error);
        Fail(outgoing, error.Code switch
        {
            ErrorCode.MsgSizeTooLarge or ErrorCode.InvalidMsgSize => new FrontierException(FrontierErrorCode.TooLarge),
            ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition or ErrorCode.TopicException
                or ErrorCode.TopicAuthorizationFailed or ErrorCode.InvalidRecord or ErrorCode.PolicyViolation => Refused(error.Reason),
            _ => Unavailable(error.Reason),
        });
    }

    private void Fail(Outgoing outgoing, FrontierException error)
    {
        if (_unconfirmed.TryRemove(outgoing, out _))
        {
            outgoing.Fail(error);
        }
    }

    private void FailAll(string reason)
    {
        foreach (var outgoing in _unconfirmed.Keys)
        {
            Fail(outgoing, Unavailable(reason));
        }
    }

    private void NoteFatal(Error error)
    {
        if (error.IsFatal)
        {
            _isFatal = true;
        }
    }

    private IProducer<byte[]?, byte[]> Build() => new ProducerBuilder<byte[]?, byte[]>(_config)
        .SetErrorHandler((_, error) =>
        {
            NoteFatal(error);
            // Single brokers come and go, as a Kafka cluster is made for.
            if (error.IsFatal || error.Code is ErrorCode.Local_AllBrokersDown or ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Ssl)
            {
                SetDown(error.Reason);
            }
        })
        .SetLogHandler((_, _) => { }) // What matters comes as an error as well.
        .Build();

    // Says that Kafka is up before there is a message to show it, and makes a producer anew that has failed for good.
    private async Task WatchAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (_isFatal)
                {
                    _isFatal = false;
                    Replace();
                }

                if (Describe().State != QueueState.Up)
                {
                    Probe();
                }
            }
#pragma warning disable CA1031 // Without the watch the queue would stay down for good; the state and the log say what it was.
            catch (Exception e)
#pragma warning restore CA1031
            {
                SetDown(e.GetBaseException().Message);
            }

            await Task.Delay(ProbeInterval, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Replace()
    {
        IProducer<byte[]?, byte[]>? old;
        try
        {
            lock (_gate)
            {
                (old, _producer) = (_producer, Build());
            }
        }
        catch
        {
            _isFatal = true; // The next look tries again.
            throw;
        }

        old?.Dispose();
        FailAll("Kafka's producer had to be made anew");
    }

    private void Probe()
    {
        if (_producer is not { } producer)
        {
            return;
        }

        try
        {
            using var admin = new DependentAdminClientBuilder(producer.Handle).Build();
            admin.GetMetadata(ProbeTimeout);
            SetUp();
        }
        catch (KafkaException e)
        {
            SetDown(e.Error.Reason);
        }
    }
}

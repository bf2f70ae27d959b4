using System.Globalization;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Frontier.Queues;

/// <summary>
/// A connection and a channel with publisher confirms. The confirms are matched here and not by the library, which would have to be called once at a time
/// for messages to keep their order.
/// </summary>
internal sealed class AmqpConnection : IQueueConnection
{
    // What AMQP allows for a routing key.
    private const int MaxRoutingKeyBytes = 255;

    private readonly Lock _gate = new();
    private readonly Queue<(ulong Tag, Outgoing Outgoing)> _unconfirmed = [];
    private readonly HashSet<ulong> _settledOutOfOrder = [];
    private readonly Dictionary<ulong, string> _returned = [];
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IConnection _connection;
    private readonly IChannel _channel;
    private readonly AmqpProducerOptions _options;
    private readonly TimeSpan _patience;
    private readonly string _instance = Guid.NewGuid().ToString("N");
    private ulong _nextTag = 1;

    private AmqpConnection(IConnection connection, IChannel channel, AmqpProducerOptions options, TimeSpan patience)
    {
        _connection = connection;
        _channel = channel;
        _options = options;
        _patience = patience;
        channel.BasicAcksAsync += (_, ack) => Settle(ack.DeliveryTag, ack.Multiple, isAck: true);
        channel.BasicNacksAsync += (_, nack) => Settle(nack.DeliveryTag, nack.Multiple, isAck: false);
        channel.BasicReturnAsync += OnReturnAsync;
        channel.ChannelShutdownAsync += (_, reason) => Lose(reason);
        connection.ConnectionShutdownAsync += (_, reason) => Lose(reason);
    }

    /// <inheritdoc/>
    public Task Lost => _lost.Task;

    /// <summary>Connects, declares what is configured, and opens a channel.</summary>
    public static async Task<AmqpConnection> ConnectAsync(ConnectionFactory factory, AmqpOptions options, TimeSpan patience, CancellationToken cancellationToken)
    {
        var connection = await factory.CreateConnectionAsync(cancellationToken);
        try
        {
            var channel = await connection.CreateChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false), cancellationToken);
            await DeclareAsync(channel, options, cancellationToken);
            var result = new AmqpConnection(connection, channel, options.Producer, patience);
            result._nextTag = await channel.GetNextPublishSequenceNumberAsync(cancellationToken);
            return result;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(IReadOnlyList<Outgoing> messages, CancellationToken cancellationToken)
    {
        foreach (var outgoing in messages)
        {
            var message = outgoing.Message;
            if (Encoding.UTF8.GetByteCount(message.Topic) > MaxRoutingKeyBytes)
            {
                outgoing.Fail(new FrontierException(FrontierErrorCode.Refused, "the topic is too long for a routing key"));
                continue;
            }

            var tag = _nextTag++;
            lock (_gate)
            {
                _unconfirmed.Enqueue((tag, outgoing));
            }

            await _channel.BasicPublishAsync(_options.Exchange, message.Topic, _options.Mandatory, Properties(message, tag), message.Payload, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Check()
    {
        lock (_gate)
        {
            if (_unconfirmed.TryPeek(out var oldest) && oldest.Outgoing.Age > _patience)
            {
                throw new TimeoutException("RabbitMQ does not confirm");
            }
        }
    }

    /// <inheritdoc/>
    public void FailAll(FrontierException error)
    {
        (ulong Tag, Outgoing Outgoing)[] all;
        lock (_gate)
        {
            all = [.. _unconfirmed.Where(entry => !_settledOutOfOrder.Contains(entry.Tag))];
            _unconfirmed.Clear();
            _settledOutOfOrder.Clear();
        }

        foreach (var (_, outgoing) in all)
        {
            outgoing.Fail(error);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            // Not long: a server that is gone does not answer.
            await _connection.CloseAsync(Constants.ReplySuccess, "closing", TimeSpan.FromSeconds(1), abort: true);
        }
        finally
        {
            await _connection.DisposeAsync();
        }
    }

    private static async Task DeclareAsync(IChannel channel, AmqpOptions options, CancellationToken cancellationToken)
    {
        foreach (var exchange in options.Exchanges)
        {
            // "Internal" cannot be asked for by this library's own parameters, and is no argument either: such an exchange takes nothing from a producer anyhow.
            await channel.ExchangeDeclareAsync(exchange.Name, exchange.Kind, exchange.Durable, exchange.AutoDelete, cancellationToken: cancellationToken);
        }

        foreach (var queue in options.Queues)
        {
            await channel.QueueDeclareAsync(
                queue.Name, queue.Durable, queue.Exclustive || queue.Exclusive, queue.AutoDelete, cancellationToken: cancellationToken);
        }

        foreach (var binding in options.QueueBindings)
        {
            await channel.QueueBindAsync(binding.QueueName, binding.ExchangeName, binding.BindingKey, cancellationToken: cancellationToken);
        }

        if (options.Producer.Exchange.Length > 0 && options.Exchanges.All(exchange => exchange.Name != options.Producer.Exchange))
        {
            // Somebody else's: better to hear now that it is not there than with the first message.
            await channel.ExchangeDeclarePassiveAsync(options.Producer.Exchange, cancellationToken);
        }
    }

    private BasicProperties Properties(QueueMessage message, ulong tag)
    {
        var headers = new Dictionary<string, object?>();
        foreach (var (name, value) in _options.Headers)
        {
            headers[name] = value;
        }

        foreach (var (name, value) in QueueHeaders.TextOf(message))
        {
            headers[name] = value;
        }

        if (!message.Custom.IsEmpty)
        {
            headers[QueueHeaders.Custom] = message.Custom.ToArray();
        }

        var properties = new BasicProperties
        {
            Headers = headers,
            MessageId = string.Create(CultureInfo.InvariantCulture, $"{_instance}-{tag}"),
            Timestamp = new AmqpTimestamp(message.ReceivedAt.ToUnixTimeSeconds()),
            DeliveryMode = _options.DeliveryMode == 1 ? DeliveryModes.Transient : DeliveryModes.Persistent,
        };
        if (_options.Priority > 0)
        {
            properties.Priority = (byte)_options.Priority;
        }

        Set(_options.ContentType, value => properties.ContentType = value);
        Set(_options.ContentEncoding, value => properties.ContentEncoding = value);
        Set(_options.ReplyTo, value => properties.ReplyTo = value);
        Set(_options.Expiration, value => properties.Expiration = value);
        Set(_options.Type, value => properties.Type = value);
        Set(_options.UserId, value => properties.UserId = value);
        Set(_options.AppId, value => properties.AppId = value);
        return properties;

        static void Set(string value, Action<string> set)
        {
            if (value.Length > 0)
            {
                set(value);
            }
        }
    }

    // Comes before the confirm of the same message.
    private Task OnReturnAsync(object sender, BasicReturnEventArgs returned)
    {
        if (returned.BasicProperties.MessageId is { } id
            && ulong.TryParse(id.AsSpan(id.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var tag))
        {
            lock (_gate)
            {
                _returned[tag] = $"RabbitMQ has no queue for it: {returned.ReplyText}";
            }
        }

        return Task.CompletedTask;
    }

    private Task Settle(ulong tag, bool multiple, bool isAck)
    {
        var settled = new List<(Outgoing Outgoing, string? Error)>();
        lock (_gate)
        {
            if (!multiple && _unconfirmed.TryPeek(out var first) && first.Tag != tag)
            {
                foreach (var entry in _unconfirmed)
                {
                    if (entry.Tag == tag && _settledOutOfOrder.Add(tag))
                    {
                        settled.Add((entry.Outgoing, ErrorOf(tag, isAck)));
                        break;
                    }
                }
            }
            else
            {
                while (_unconfirmed.TryPeek(out var entry) && entry.Tag <= tag)
                {
                    _unconfirmed.Dequeue();
                    if (!_settledOutOfOrder.Remove(entry.Tag))
                    {
                        settled.Add((entry.Outgoing, ErrorOf(entry.Tag, isAck)));
                    }
                }

                // Those behind that were settled before their turn.
                while (_unconfirmed.TryPeek(out var next) && _settledOutOfOrder.Remove(next.Tag))
                {
                    _unconfirmed.Dequeue();
                }
            }
        }

        foreach (var (outgoing, error) in settled)
        {
            if (error is null)
            {
                outgoing.Confirm();
            }
            else
            {
                outgoing.Fail(new FrontierException(FrontierErrorCode.Refused, error));
            }
        }

        return Task.CompletedTask;
    }

    // The caller holds the lock.
    private string? ErrorOf(ulong tag, bool isAck) =>
        _returned.Remove(tag, out var returned) ? returned : isAck ? null : "RabbitMQ could not take it";

    private Task Lose(ShutdownEventArgs reason)
    {
        _lost.TrySetException(new IOException($"RabbitMQ: {(reason.ReplyText.Length > 0 ? reason.ReplyText : "connection closed")}"));
        _ = _lost.Task.Exception;
        return Task.CompletedTask;
    }
}

using System.Globalization;
using Frontier.Gateway;
using Frontier.GrainInterfaces;
using Frontier.Queues;

namespace Frontier.Silo;

/// <summary>Checks the section <c>mqm</c>: what is enabled has to be complete, and must not contradict itself.</summary>
internal sealed class MqmOptionsValidator : SectionValidator<MqmOptions>
{
    /// <inheritdoc/>
    protected override void Check(MqmOptions options, ICollection<string> failures)
    {
        NumberRules.AtLeast("mqm.max_in_flight", options.MaxInFlight, 1, failures);
        NumberRules.AtLeast("mqm.max_in_flight_bytes", options.MaxInFlightBytes, 1, failures);
        CheckKafka(options.Kafka, failures);
        CheckAmqp(options.Amqp, failures);
        CheckNats(options.Nats, failures);
        CheckNsq(options.Nsq, failures);
        CheckRedis(options.Redis, failures);
    }

    private static void CheckKafka(KafkaOptions kafka, ICollection<string> failures)
    {
        if (!kafka.Enable)
        {
            return;
        }

        const string Path = "mqm.kafka";
        CheckAddresses($"{Path}.addrs", kafka.Addrs, address => ListenAddress.TryParse(address, out var parsed) && parsed.Host.Length > 0, "host:port", failures);
        CheckTopics($"{Path}.producer.topics", kafka.Producer.Topics, failures);
        CheckTls($"{Path}.tls", kafka.Tls, failures);
        var producer = kafka.Producer;
        if (producer.RequiredAcks is not (0 or 1 or -1))
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{Path}.producer.required_acks: {producer.RequiredAcks} is none of 1, -1 and 0 (the default)"));
        }

        if (producer.RequiredAcks == 1 && (producer.Idempotent || producer.Idepotent))
        {
            failures.Add($"{Path}.producer.idempotent: it needs {Path}.producer.required_acks -1");
        }

        NumberRules.AtLeast($"{Path}.producer.timeout", producer.Timeout, 0, failures);
        NumberRules.AtLeast($"{Path}.producer.max_message_bytes", producer.MaxMessageBytes, 0, failures);
        if (producer.MaxMessageBytes is > 0 and < 1000)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{Path}.producer.max_message_bytes: {producer.MaxMessageBytes} is less than 1000"));
        }

        if (producer.CompressionLevel != 0 && producer.Compression == KafkaCompression.None)
        {
            failures.Add($"{Path}.producer.compression_level: it needs {Path}.producer.compression");
        }

        if (producer.CompressionLevel is < -1 or > 12)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{Path}.producer.compression_level: {producer.CompressionLevel} is not between -1 and 12"));
        }

        NumberRules.AtLeast($"{Path}.producer.flush.bytes", producer.Flush.Bytes, 0, failures);
        NumberRules.AtLeast($"{Path}.producer.flush.messages", producer.Flush.Messages, 0, failures);
        NumberRules.AtLeast($"{Path}.producer.flush.frequency", producer.Flush.Frequency, 0, failures);
        NumberRules.AtLeast($"{Path}.producer.flush.max_messages", producer.Flush.MaxMessages, 0, failures);
        NumberRules.AtLeast($"{Path}.producer.retry.max", producer.Retry.Max, 0, failures);
        NumberRules.AtLeast($"{Path}.producer.retry.backoff", producer.Retry.Backoff, 0, failures);
        if (kafka.Sasl.Mechanism == KafkaSaslMechanism.None ? kafka.Sasl.Username.Length > 0 : kafka.Sasl.Username.Length == 0)
        {
            failures.Add($"{Path}.sasl.username: it and {Path}.sasl.mechanism need each other");
        }
    }

    private static void CheckAmqp(AmqpOptions amqp, ICollection<string> failures)
    {
        if (!amqp.Enable)
        {
            return;
        }

        const string Path = "mqm.amqp";
        CheckAddresses($"{Path}.addrs", amqp.Addrs, address => AmqpAddress.IsValid(address), "amqp://[user:password@]host[:port][/vhost]", failures);
        CheckTopics($"{Path}.producer.routing_keys", amqp.Producer.RoutingKeys, failures);
        CheckTls($"{Path}.tls", amqp.Tls, failures);
        CheckRange($"{Path}.channel_max", amqp.ChannelMax, 0, ushort.MaxValue, failures);
        NumberRules.AtLeast($"{Path}.frame_size", amqp.FrameSize, 0, failures);
        if (amqp.FrameSize is > 0 and < 4096)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{Path}.frame_size: {amqp.FrameSize} is less than 4096, the protocol's smallest"));
        }

        CheckRange($"{Path}.heartbeat", amqp.Heartbeat, 0, ushort.MaxValue, failures);
        CheckRange($"{Path}.producer.delivery_mode", amqp.Producer.DeliveryMode, 0, 2, failures);
        CheckRange($"{Path}.producer.priority", amqp.Producer.Priority, 0, 9, failures);
        if (amqp.Locale is not ("" or "en_US"))
        {
            failures.Add($"{Path}.locale: \"{amqp.Locale}\" is not en_US");
        }

        if (amqp.Producer.Immediate)
        {
            failures.Add($"{Path}.producer.immediate: RabbitMQ does not know it");
        }

        if (amqp.Producer.Expiration.Length > 0 && !uint.TryParse(amqp.Producer.Expiration, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            failures.Add($"{Path}.producer.expiration: \"{amqp.Producer.Expiration}\" is not a number of milliseconds");
        }

        CheckNamed($"{Path}.exchanges", amqp.Exchanges, exchange => exchange.Name, failures);
        CheckNamed($"{Path}.queues", amqp.Queues, queue => queue.Name, failures);
        for (var i = 0; i < amqp.Exchanges.Count; i++)
        {
            if (amqp.Exchanges[i] is { Internal: true } inner && inner.Name == amqp.Producer.Exchange)
            {
                failures.Add(string.Create(CultureInfo.InvariantCulture, $"{Path}.exchanges[{i}].internal: nothing can be published to an internal exchange, and {Path}.producer.exchange names it"));
            }
            else if (amqp.Exchanges[i].Internal)
            {
                failures.Add(string.Create(CultureInfo.InvariantCulture, $"{Path}.exchanges[{i}].internal: internal exchanges cannot be declared from here"));
            }
        }

        for (var i = 0; i < amqp.QueueBindings.Count; i++)
        {
            if (amqp.QueueBindings[i].QueueName.Length == 0)
            {
                failures.Add(string.Create(CultureInfo.InvariantCulture, $"{Path}.queueBindings[{i}].queue_name: it is needed"));
            }

            if (amqp.QueueBindings[i].ExchangeName.Length == 0)
            {
                failures.Add(string.Create(CultureInfo.InvariantCulture, $"{Path}.queueBindings[{i}].exchange_name: it is needed"));
            }
        }
    }

    private static void CheckNats(NatsOptions nats, ICollection<string> failures)
    {
        const string Path = "mqm.nats";
        if (!nats.Enable)
        {
            if (nats.JetStream.Enable)
            {
                failures.Add($"{Path}.jetstream.enable: it needs {Path}.enable");
            }

            return;
        }

        CheckAddresses($"{Path}.addrs", nats.Addrs, address => NatsServerAddress.ParseList(address) is not null, NatsServerAddress.Form, failures);
        CheckTls($"{Path}.tls", nats.Tls, failures);
        if (nats.Token.Length > 0 && nats.Username.Length > 0)
        {
            failures.Add($"{Path}.token: it and {Path}.username exclude each other");
        }

        if (!nats.JetStream.Enable)
        {
            CheckTopics($"{Path}.producer.subjects", nats.Producer.Subjects, failures);
            return;
        }

        CheckTopics($"{Path}.jetstream.producer.subjects", nats.JetStream.Producer.Subjects, failures);
        if (nats.Producer.Subjects.Count > 0)
        {
            failures.Add($"{Path}.producer.subjects: with {Path}.jetstream.enable the subjects are {Path}.jetstream.producer.subjects");
        }

        if (nats.JetStream.Name.Length > 0 && nats.JetStream.Producer.Subjects.Contains(QueueRoute.AnyTopic))
        {
            failures.Add($"{Path}.jetstream.name: no stream can be made for every subject; leave the name out, and make the streams that are to take {QueueRoute.AnyTopic} yourself");
        }

        if (nats.JetStream.Name.Any(c => c is '.' or '*' or '>' or '/' or '\\' || char.IsWhiteSpace(c)))
        {
            failures.Add($"{Path}.jetstream.name: \"{nats.JetStream.Name}\" cannot be a stream's name");
        }
    }

    private static void CheckNsq(NsqOptions nsq, ICollection<string> failures)
    {
        if (!nsq.Enable)
        {
            return;
        }

        CheckAddresses("mqm.nsq.addrs", nsq.Addrs, address => QueueAddress.Parse(address, "tcp", 4150) is not null, "host:port", failures);
        CheckTopics("mqm.nsq.producer.topics", nsq.Producer.Topics, failures);
        CheckTls("mqm.nsq.tls", nsq.Tls, failures);
    }

    private static void CheckRedis(RedisQueueOptions redis, ICollection<string> failures)
    {
        if (!redis.Enable)
        {
            return;
        }

        const string Path = "mqm.redis";
        CheckAddresses($"{Path}.addrs", redis.Addrs, address => ListenAddress.TryParse(address, out var parsed) && parsed.Host.Length > 0, "host:port", failures);
        NumberRules.AtLeast($"{Path}.db", redis.Db, 0, failures);
        NumberRules.AtLeast($"{Path}.producer.stream_max_length", redis.Producer.StreamMaxLength, 0, failures);
        CheckTls($"{Path}.tls", redis.Tls, failures);
        CheckTopics($"{Path}.producer.channels", [.. redis.Producer.Channels, .. redis.Producer.Streams], failures);
        foreach (var both in redis.Producer.Channels.Intersect(redis.Producer.Streams, StringComparer.Ordinal))
        {
            failures.Add($"{Path}.producer.streams: \"{both}\" is in {Path}.producer.channels as well");
        }

        if (redis.Addrs.Count > 1 && redis.Db != 0)
        {
            failures.Add($"{Path}.db: several {Path}.addrs are those of a Redis Cluster, which has one database");
        }
    }

    private static void CheckAddresses(string path, IReadOnlyList<string> addresses, Predicate<string> isGood, string form, ICollection<string> failures)
    {
        if (addresses.Count == 0)
        {
            failures.Add($"{path}: at least one address is needed");
        }

        for (var i = 0; i < addresses.Count; i++)
        {
            if (!isGood(addresses[i]))
            {
                // Not the address itself: it may hold a password.
                failures.Add(string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]: not {form}"));
            }
        }
    }

    private static void CheckTopics(string path, IReadOnlyList<string> topics, ICollection<string> failures)
    {
        if (topics.Count == 0)
        {
            failures.Add($"{path}: at least one is needed; {QueueRoute.AnyTopic} for all that nobody else takes");
        }

        for (var i = 0; i < topics.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(topics[i]))
            {
                failures.Add(string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]: it is empty"));
            }
        }
    }

    private static void CheckNamed<T>(string path, IReadOnlyList<T> items, Func<T, string> nameOf, ICollection<string> failures)
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (nameOf(items[i]).Length == 0)
            {
                failures.Add(string.Create(CultureInfo.InvariantCulture, $"{path}[{i}].name: it is needed"));
            }
        }
    }

    private static void CheckTls(string path, QueueTlsOptions tls, ICollection<string> failures)
    {
        if (!tls.Enable)
        {
            return;
        }

        for (var i = 0; i < tls.CaCerts.Count; i++)
        {
            CheckFile(string.Create(CultureInfo.InvariantCulture, $"{path}.ca_certs[{i}]"), tls.CaCerts[i], failures);
        }

        if ((tls.Cert.Length > 0) != (tls.Key.Length > 0))
        {
            failures.Add($"{path}.{(tls.Cert.Length > 0 ? "key" : "cert")}: {path}.cert and {path}.key need each other");
        }
        else if (tls.Cert.Length > 0)
        {
            CheckFile($"{path}.cert", tls.Cert, failures);
            CheckFile($"{path}.key", tls.Key, failures);
        }
    }

    private static void CheckFile(string path, string file, ICollection<string> failures)
    {
        if (!File.Exists(file))
        {
            failures.Add($"{path}: no file {file}");
        }
    }

    private static void CheckRange(string path, int value, int least, int most, ICollection<string> failures)
    {
        if (value < least || value > most)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{path}: {value} is not between {least} and {most}"));
        }
    }
}

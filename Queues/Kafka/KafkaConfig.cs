using Confluent.Kafka;

namespace Frontier.Queues;

/// <summary>What librdkafka is told.</summary>
internal static class KafkaConfig
{
    /// <summary>The configuration for the options.</summary>
    public static ProducerConfig From(KafkaOptions options, QueueLimits limits)
    {
        var producer = options.Producer;
        var acks = producer.RequiredAcks == 1 ? Acks.Leader : Acks.All;
        var config = new ProducerConfig
        {
            BootstrapServers = string.Join(',', options.Addrs),
            ClientId = $"frontier-{limits.GatewayId}",
            Acks = acks,
            // Without it a retry may overtake.
            EnableIdempotence = acks == Acks.All,
            MessageTimeoutMs = (int)limits.ProduceTimeout.TotalMilliseconds,
            // Ours are counted before they get here; librdkafka's own bounds only must not be in the way.
            QueueBufferingMaxMessages = Math.Max(100_000, limits.MaxInFlight + 1),
            QueueBufferingMaxKbytes = 2_097_151, // librdkafka's largest.
            AllowAutoCreateTopics = true,
            ReconnectBackoffMs = 100,
            ReconnectBackoffMaxMs = 2000,
            CompressionType = producer.Compression switch
            {
                KafkaCompression.Gzip => CompressionType.Gzip,
                KafkaCompression.Snappy => CompressionType.Snappy,
                KafkaCompression.Lz4 => CompressionType.Lz4,
                KafkaCompression.Zstd => CompressionType.Zstd,
                _ => CompressionType.None,
            },
        };
        if (acks != Acks.All)
        {
            config.MaxInFlight = 1; // Then retries keep the order, too.
        }

        // A 0 stands for the library's default, as in the original.
        SetIf(producer.MaxMessageBytes, value => config.MessageMaxBytes = value);
        SetIf(producer.Timeout, value => config.RequestTimeoutMs = value * 1000);
        SetIf(producer.CompressionLevel, value => config.CompressionLevel = value);
        SetIf(producer.Flush.Bytes, value => config.BatchSize = value);
        SetIf(producer.Flush.MaxMessages, value => config.BatchNumMessages = value);
        SetIf(producer.Flush.Frequency, value => config.LingerMs = value * 1000);
        SetIf(producer.Retry.Max, value => config.MessageSendMaxRetries = value);
        SetIf(producer.Retry.Backoff, value => config.RetryBackoffMs = value * 1000);
        AddSecurity(config, options);
        return config;
    }

    private static void AddSecurity(ProducerConfig config, KafkaOptions options)
    {
        var hasSasl = options.Sasl.Mechanism != KafkaSaslMechanism.None;
        config.SecurityProtocol = (options.Tls.Enable, hasSasl) switch
        {
            (true, true) => SecurityProtocol.SaslSsl,
            (true, false) => SecurityProtocol.Ssl,
            (false, true) => SecurityProtocol.SaslPlaintext,
            _ => SecurityProtocol.Plaintext,
        };
        if (hasSasl)
        {
            config.SaslMechanism = options.Sasl.Mechanism switch
            {
                KafkaSaslMechanism.ScramSha256 => SaslMechanism.ScramSha256,
                KafkaSaslMechanism.ScramSha512 => SaslMechanism.ScramSha512,
                _ => SaslMechanism.Plain,
            };
            config.SaslUsername = options.Sasl.Username;
            config.SaslPassword = options.Sasl.Password;
        }

        if (!options.Tls.Enable)
        {
            return;
        }

        config.EnableSslCertificateVerification = !options.Tls.InsecureSkipVerify;
        if (options.Tls.CaCerts.Count > 0)
        {
            config.SslCaPem = string.Join('\n', options.Tls.CaCerts.Select(File.ReadAllText));
        }

        if (options.Tls.Cert.Length > 0)
        {
            config.SslCertificateLocation = options.Tls.Cert;
            config.SslKeyLocation = options.Tls.Key;
        }
    }

    private static void SetIf(int value, Action<int> set)
    {
        if (value != 0)
        {
            set(value);
        }
    }
}

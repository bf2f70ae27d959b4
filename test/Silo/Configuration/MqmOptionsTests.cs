using Frontier.Queues;

namespace Frontier.Silo.Tests;

/// <summary>The section <c>mqm</c>: the original's names, and what is wrong with them.</summary>
public sealed class MqmOptionsTests
{
    [Test]
    public void Every_key_that_the_original_documents_is_read()
    {
        var settings = Settings.FromYaml(
            """
            mqm:
              kafka:
                enable: true
                addrs: [k1:9092, k2:9092]
                producer:
                  topics: [a, "*"]
                  async: true
                  max_message_bytes: 2000000
                  required_acks: -1
                  timeout: 5
                  compression: zstd
                  compression_level: 3
                  idempotent: true
                  flush: {bytes: 10000, messages: 10, frequency: 1, max_messages: 100}
                  retry: {max: 7, backoff: 2}
              amqp:
                enable: true
                addrs: ["amqp://user:secret@rabbit:5672/plant"]
                vhost: other
                channel_max: 5
                frame_size: 8192
                heartbeat: 30
                locale: en_US
                exchanges: [{name: e, kind: topic, durable: true, auto_delete: true, internal: false, nowait: true}]
                queues: [{name: q, durable: true, auto_delete: true, exclustive: true, nowait: true}]
                queueBindings: [{queue_name: q, exchange_name: e, binding_key: b, nowait: true}]
                producer:
                  routing_keys: [b]
                  exchange: e
                  mandatory: false
                  immediate: false
                  headers: {plant: north, line: 7}
                  content_type: text/plain
                  content_encoding: utf-8
                  delivery_mode: 1
                  priority: 4
                  reply_to: r
                  expiration: "60000"
                  type: t
                  user_id: user
                  app_id: app
              nats:
                enable: true
                addrs: ["nats://user:secret@n1:4222"]
                jetStream: {enable: true, name: EDGES, producer: {subjects: [s.t]}}
              nsq: {enable: true, addrs: ["d1:4150"], producer: {topics: [n]}}
              redis: {enable: true, addrs: ["r1:6379"], db: 3, password: secret, producer: {channels: [c], streams: [x]}}
            """);
        var mqm = settings.Get<MqmOptions>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(settings.Audit.Describe(), Is.Empty);
            Assert.That(mqm.Kafka.Addrs, Is.EqualTo(new[] { "k1:9092", "k2:9092" }));
            Assert.That(mqm.Kafka.Producer.Topics, Is.EqualTo(new[] { "a", "*" }));
            Assert.That(mqm.Kafka.Producer.MaxMessageBytes, Is.EqualTo(2_000_000));
            Assert.That(mqm.Kafka.Producer.Compression, Is.EqualTo(KafkaCompression.Zstd));
            Assert.That(mqm.Kafka.Producer.Flush.MaxMessages, Is.EqualTo(100));
            Assert.That(mqm.Kafka.Producer.Retry.Backoff, Is.EqualTo(2));
            Assert.That(mqm.Amqp.Exchanges[0], Has.Property("Kind").EqualTo("topic").And.Property("Durable").True.And.Property("AutoDelete").True);
            Assert.That(mqm.Amqp.Queues[0].Exclustive, Is.True);
            Assert.That(mqm.Amqp.QueueBindings[0].BindingKey, Is.EqualTo("b"));
            Assert.That(mqm.Amqp.Producer.Mandatory, Is.False);
            Assert.That(mqm.Amqp.Producer.Headers, Is.EquivalentTo(new Dictionary<string, string> { ["plant"] = "north", ["line"] = "7" }));
            Assert.That(mqm.Amqp.Producer.AppId, Is.EqualTo("app"));
            Assert.That(mqm.Nats.JetStream.Name, Is.EqualTo("EDGES"));
            Assert.That(mqm.Redis.Db, Is.EqualTo(3));
            Assert.That(
                QueueRoutes.Of(mqm).Select(route => $"{route.Queue} {string.Join(',', route.Topics)}"),
                Is.EqualTo(new[] { "kafka a,*", "amqp b", "jetstream s.t", "nsq n", "redis c", "redis-stream x" }));
        }
    }

    [Test]
    public void What_is_not_enabled_need_not_be_complete() =>
        Assert.That(() => Settings.FromYaml("mqm: {kafka: {enable: false, addrs: null, producer: {topics: null}}, redis: {addrs: [nonsense]}}"), Throws.Nothing);

    [TestCase("kafka: {adrs: [x]}", "mqm.kafka.adrs: unknown key; did you mean mqm.kafka.addrs?")]
    [TestCase("amqp: {queues: [{nam: x}]}", "mqm.amqp.queues[0].nam: unknown key; did you mean mqm.amqp.queues[0].name?")]
    [TestCase("rabbit: {enable: true}", "mqm.rabbit: unknown key")]
    [TestCase("kafka: {enable: true, producer: {topics: [a]}}", "mqm.kafka.addrs: at least one address is needed")]
    [TestCase("kafka: {enable: true, addrs: [\"k:9092\"]}", "mqm.kafka.producer.topics: at least one is needed; * for all that nobody else takes")]
    [TestCase("kafka: {enable: true, addrs: [k], producer: {topics: [a]}}", "mqm.kafka.addrs[0]: not host:port")]
    [TestCase("kafka: {enable: true, addrs: [\"k:1\"], producer: {topics: [\"\"]}}", "mqm.kafka.producer.topics[0]: it is empty")]
    [TestCase("kafka: {enable: true, addrs: [\"k:1\"], producer: {topics: [a], required_acks: 2}}", "mqm.kafka.producer.required_acks: 2 is none of 1, -1 and 0 (the default)")]
    [TestCase("kafka: {enable: true, addrs: [\"k:1\"], producer: {topics: [a], required_acks: 1, idempotent: true}}", "mqm.kafka.producer.idempotent: it needs mqm.kafka.producer.required_acks -1")]
    [TestCase("kafka: {enable: true, addrs: [\"k:1\"], producer: {topics: [a], compression: rar}}", "mqm.kafka.producer.compression: \"rar\" is not one of none, gzip, snappy, lz4, zstd")]
    [TestCase("kafka: {enable: true, addrs: [\"k:1\"], producer: {topics: [a]}, sasl: {username: u}}", "mqm.kafka.sasl.username: it and mqm.kafka.sasl.mechanism need each other")]
    [TestCase("kafka: {enable: true, addrs: [\"k:1\"], producer: {topics: [a]}, tls: {enable: true, ca_certs: [/nowhere/ca]}}", "mqm.kafka.tls.ca_certs[0]: no file /nowhere/ca")]
    [TestCase("amqp: {enable: true, addrs: [\"http://u:secret@r\"], producer: {routing_keys: [a]}}", "mqm.amqp.addrs[0]: not amqp://[user:password@]host[:port][/vhost]")]
    [TestCase("amqp: {enable: true, addrs: [r], producer: {routing_keys: [a], immediate: true}}", "mqm.amqp.producer.immediate: RabbitMQ does not know it")]
    [TestCase("amqp: {enable: true, addrs: [r], queueBindings: [{exchange_name: e}], producer: {routing_keys: [a]}}", "mqm.amqp.queueBindings[0].queue_name: it is needed")]
    [TestCase("amqp: {enable: true, addrs: [r], producer: {routing_keys: [a], headers: {x: {y: z}}}}", "mqm.amqp.producer.headers.x: a group of keys stands where one value is expected")]
    [TestCase("nats: {jetstream: {enable: true}}", "mqm.nats.jetstream.enable: it needs mqm.nats.enable")]
    [TestCase("nats: {enable: true, addrs: [n], producer: {subjects: [a]}, jetstream: {enable: true, producer: {subjects: [b]}}}", "mqm.nats.producer.subjects: with mqm.nats.jetstream.enable the subjects are mqm.nats.jetstream.producer.subjects")]
    [TestCase("nats: {enable: true, addrs: [n], producer: {subjects: [a]}, token: t, username: u}", "mqm.nats.token: it and mqm.nats.username exclude each other")]
    [TestCase("nats: {enable: true, addrs: [n], jetstream: {enable: true, name: S, producer: {subjects: [\"*\"]}}}", "mqm.nats.jetstream.name: no stream can be made for every subject; leave the name out, and make the streams that are to take * yourself")]
    [TestCase("redis: {enable: true, addrs: [\"r:1\"], producer: {channels: [a], streams: [a]}}", "mqm.redis.producer.streams: \"a\" is in mqm.redis.producer.channels as well")]
    [TestCase("nsq: {enable: maybe}", "mqm.nsq.enable: \"maybe\" is not true or false")]
    [TestCase("max_in_flight: 0", "mqm.max_in_flight: 0 is less than 1")]
    public void What_is_unknown_or_contradictory_stops_the_start_with_the_path_of_its_key(string mqm, string message)
    {
        var wrong = Assert.Throws<ConfigurationException>(() => Settings.FromYaml($"mqm: {{{mqm}}}"));

        Assert.That(wrong!.Problems, Is.EqualTo(new[] { message }));
    }
}

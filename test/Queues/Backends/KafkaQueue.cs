using System.Text;
using Confluent.Kafka;
using Frontier.Queues.Tests.Support;

namespace Frontier.Queues.Tests.Backends;

/// <summary>Three brokers of librdkafka's mock cluster; read with a consumer.</summary>
internal sealed class KafkaQueue : ITestQueue
{
    public const int Partitions = 4;

    private readonly KafkaMock _mock = new(brokers: 3);
    private bool _isStarted;

    public string Name => "kafka";

    public string Topic => "telemetry";

    public bool HasHeaders => true;

    public bool Keeps => true;

    public (string Key, string Value)[] Settings =>
    [
        ("mqm:kafka:enable", "true"),
        .. _mock.Addresses.Select((address, i) => ($"mqm:kafka:addrs:{i}", address)),
        ("mqm:kafka:producer:topics:0", Topic),
    ];

    public Task StartAsync()
    {
        if (_isStarted)
        {
            _mock.SetUp();
        }
        else
        {
            _mock.CreateTopic(Topic, Partitions);
            _isStarted = true;
        }

        return Task.CompletedTask;
    }

    public Task KillAsync()
    {
        _mock.SetDown();
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<Received>> ReadAllAsync() => Task.Run<IReadOnlyList<Received>>(() =>
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = string.Join(',', _mock.Addresses), GroupId = Guid.NewGuid().ToString("N"), EnablePartitionEof = true, EnableAutoCommit = false,
        };
        using var consumer = new ConsumerBuilder<byte[]?, byte[]>(config).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(Enumerable.Range(0, Partitions).Select(partition => new TopicPartitionOffset(Topic, partition, Offset.Beginning)));
        var received = new List<Received>();
        var ended = new HashSet<Partition>();
        while (ended.Count < Partitions)
        {
            if (consumer.Consume(TimeSpan.FromSeconds(30)) is not { } result)
            {
                throw new TimeoutException("the mock cluster gives nothing");
            }

            if (result.IsPartitionEOF)
            {
                ended.Add(result.Partition);
            }
            else
            {
                received.Add(new Received(
                    result.Message.Value,
                    result.Message.Headers.ToDictionary(header => header.Key, header => header.GetValueBytes()),
                    result.Message.Key is { } key ? Encoding.UTF8.GetString(key) : ""));
            }
        }

        consumer.Close();
        return received;
    });

    public ValueTask DisposeAsync()
    {
        _mock.Dispose();
        return ValueTask.CompletedTask;
    }
}

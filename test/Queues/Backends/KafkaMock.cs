using System.Runtime.InteropServices;
using System.Text;

namespace Frontier.Queues.Tests.Backends;

/// <summary>librdkafka's built-in mock cluster, which speaks Kafka's protocol on real sockets; by its C interface, because brokers are to go down and come back.</summary>
internal sealed partial class KafkaMock : IDisposable
{
    private const string Library = "librdkafka";
    private const int TypeProducer = 0;

    private readonly nint _owner;
    private readonly nint _cluster;
    private readonly int _brokers;

    // There are several builds of it; the first needs a library that not every distribution has under that name.
    private static readonly string[] Builds = ["librdkafka.so", "centos8-librdkafka.so", "alpine-librdkafka.so"];

    static KafkaMock() => NativeLibrary.SetDllImportResolver(typeof(KafkaMock).Assembly, (name, _, _) =>
    {
        var handle = nint.Zero;
        return name == Library && Builds.Any(build =>
            NativeLibrary.TryLoad(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", build), out handle))
            ? handle
            : 0;
    });

    public KafkaMock(int brokers)
    {
        var error = new byte[512];
        _owner = New(TypeProducer, 0, error, (nuint)error.Length);
        Assert.That(_owner, Is.Not.Zero, Encoding.UTF8.GetString(error));
        _cluster = NewCluster(_owner, brokers);
        Assert.That(_cluster, Is.Not.Zero);
        _brokers = brokers;
        Addresses = Marshal.PtrToStringUTF8(Bootstraps(_cluster))!.Split(',');
    }

    public IReadOnlyList<string> Addresses { get; }

    public void CreateTopic(string topic, int partitions) => Assert.That(TopicCreate(_cluster, topic, partitions, 1), Is.Zero);

    public void SetDown() => ForEachBroker(broker => BrokerSetDown(_cluster, broker));

    public void SetUp() => ForEachBroker(broker => BrokerSetUp(_cluster, broker));

    public void Dispose()
    {
        DestroyCluster(_cluster);
        Destroy(_owner);
    }

    private void ForEachBroker(Func<int, int> change)
    {
        for (var broker = 1; broker <= _brokers; broker++)
        {
            Assert.That(change(broker), Is.Zero);
        }
    }

    [LibraryImport(Library, EntryPoint = "rd_kafka_new")]
    private static partial nint New(int type, nint conf, [Out] byte[] error, nuint errorLength);

    [LibraryImport(Library, EntryPoint = "rd_kafka_destroy")]
    private static partial void Destroy(nint handle);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_cluster_new")]
    private static partial nint NewCluster(nint handle, int brokers);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_cluster_destroy")]
    private static partial void DestroyCluster(nint cluster);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
    private static partial nint Bootstraps(nint cluster);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_topic_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int TopicCreate(nint cluster, string topic, int partitions, int replicas);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_broker_set_down")]
    private static partial int BrokerSetDown(nint cluster, int broker);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_broker_set_up")]
    private static partial int BrokerSetUp(nint cluster, int broker);
}

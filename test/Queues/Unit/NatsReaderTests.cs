using System.Buffers;
using System.Text;

namespace Frontier.Queues.Tests.Unit;

internal sealed class NatsReaderTests
{
    [Test]
    public void Operations_are_cut_out_however_the_bytes_arrive()
    {
        var wire = "PING\r\nMSG a.b 1 5\r\nhe\r\n!\r\nHMSG c 2 re.ply 12 15\r\nNATS/1.0\r\n\r\nabc\r\n+OK\r\n"u8.ToArray();
        for (var cut = 0; cut <= wire.Length; cut++)
        {
            var seen = new List<string>();
            var buffer = new ReadOnlySequence<byte>(wire, 0, cut);
            Take(ref buffer, seen);
            buffer = new ReadOnlySequence<byte>(wire, cut - (int)buffer.Length, wire.Length - cut + (int)buffer.Length);
            Take(ref buffer, seen);
            Assert.That(seen, Is.EqualTo(new[] { "PING||", "MSG a.b 1 5||he\r\n!", "HMSG c 2 re.ply 12 15|NATS/1.0\r\n\r\n|abc", "+OK||" }), $"cut at {cut}");
        }
    }

    [TestCase("MSG a 1 x\r\n")]
    [TestCase("MSG a 1 -1\r\n")]
    [TestCase("MSG a 1 999999999\r\n")]
    [TestCase("MSG\r\n")]
    [TestCase("HMSG a 1 10 5\r\n")]
    public void Nonsense_ends_the_connection(string wire) => Assert.That(
        () =>
        {
            var buffer = new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(wire));
            NatsReader.TryRead(ref buffer, out _);
        },
        Throws.InstanceOf<InvalidDataException>());

    [TestCase("a", true)]
    [TestCase("plant.7.temperature", true)]
    [TestCase("größe", true)]
    [TestCase("", false)]
    [TestCase("a..b", false)]
    [TestCase(".a", false)]
    [TestCase("a b", false)]
    [TestCase("a\r\nPUB b 0", false)]
    [TestCase("a.*", false)]
    [TestCase("a.>", false)]
    public void Only_legal_subjects_are_published_to(string topic, bool isLegal) => Assert.That(NatsSubject.IsLegal(topic), Is.EqualTo(isLegal));

    private static void Take(ref ReadOnlySequence<byte> buffer, List<string> seen)
    {
        while (NatsReader.TryRead(ref buffer, out var operation))
        {
            seen.Add($"{operation.Line}|{operation.Header}|{Encoding.UTF8.GetString(operation.Payload)}");
        }
    }
}

using System.Buffers;
using Frontier.Fuzz;
using Frontier.Protocol.Tests.Support;
using Frontier.Vectors;

namespace Frontier.Protocol.Tests.Frames;

[TestFixture]
public sealed class RecordedFramesTests
{
    private static IReadOnlyList<string> Names => RecordedConversation.Names;

    [Test]
    public void All_recordings_are_there() => Assert.That(Names, Has.Count.GreaterThanOrEqualTo(46));

    [TestCaseSource(nameof(Names))]
    public void Every_recorded_frame_decodes_and_encodes_to_the_same_bytes(string name)
    {
        foreach (var packet in RecordedConversation.Load(name).Packets)
        {
            var frames = Wire.ReadAll(new FrameCodec(), new ReadOnlySequence<byte>(packet.Bytes), out var rest);
            Assert.That(rest.Length, Is.Zero, $"{name} {packet.Sequence}: one frame and nothing else");
            var frame = frames.Single();
            Assert.That(frame.Type.ToString(), Is.EqualTo(packet.Type!.Replace("_", "", StringComparison.Ordinal)).IgnoreCase);

            var body = Rewrite(frame);
            var output = new ArrayBufferWriter<byte>();
            new FrameCodec().WriteMessage(new Frame(frame.Type, frame.PacketId, new ReadOnlySequence<byte>(body)), output);
            Assert.That(
                Convert.ToHexStringLower(output.WrittenSpan),
                Is.EqualTo(Convert.ToHexStringLower(packet.Bytes)),
                $"{name} {packet.Sequence}: {Wire.Text(packet.Bytes)}");
        }
    }

    [TestCaseSource(nameof(Names))]
    public void Each_peers_bytes_are_read_whole_however_the_socket_delivers_them(string name)
    {
        var streams = RecordedConversation.Load(name).Packets.GroupBy(packet => (packet.ConnectionId, packet.FromPeer));
        foreach (var stream in streams)
        {
            var bytes = stream.SelectMany(packet => packet.Bytes).ToArray();
            foreach (var step in new[] { 1, 13, 1460, 65_536 })
            {
                if (bytes.Length > 100_000 && step == 1)
                {
                    continue; // A hundred thousand segments prove nothing that a thousand do not.
                }

                var cuts = Enumerable.Range(1, bytes.Length / step).Select(i => i * step).ToArray();
                var frames = Wire.ReadAll(new FrameCodec(), Segments.Cut(bytes, cuts), out var rest);
                Assert.That(rest.Length, Is.Zero);
                Assert.That(frames.SelectMany(frame => frame.Bytes).ToArray().AsSpan().SequenceEqual(bytes));
            }
        }
    }

    [TestCaseSource(nameof(Names))]
    public void A_recorded_body_cut_anywhere_is_a_violation_and_nothing_else(string name)
    {
        foreach (var packet in RecordedConversation.Load(name).Packets.Where(packet => packet.Bytes.Length < 2000).DistinctBy(packet => (packet.Type, packet.Bytes.Length)))
        {
            var frame = Wire.ReadAll(new FrameCodec(), new ReadOnlySequence<byte>(packet.Bytes), out _).Single();
            if (!BodyTarget.TryRewrite(frame.Type, frame.Body, out _))
            {
                continue; // No JSON in it: any length means something.
            }

            for (var length = 0; length < frame.Body.Length; length++)
            {
                Assert.Throws<ProtocolViolationException>(() => BodyTarget.TryRewrite(frame.Type, frame.Body.AsSpan(0, length), out _));
            }
        }
    }

    // Through the typed body where there is one.
    private static byte[] Rewrite(ReceivedFrame frame)
    {
        if (BodyTarget.TryRewrite(frame.Type, frame.Body, out var written))
        {
            return written;
        }

        switch (frame.Type)
        {
            case FrameType.Register:
                return [.. Wire.Id(frame.SessionId), .. Wire.Utf8(Wire.Text(frame.Body.AsSpan(8)))];
            case FrameType.Stream:
                return [.. Wire.Id(frame.SessionId), .. frame.Body.AsSpan(8)];
            case FrameType.DisConnAck:
                return [0, (byte)'{', (byte)'}']; // The only form there is, and the one connections write.
            case FrameType.DisConn or FrameType.Heartbeat or FrameType.HeartbeatAck:
                return [];
            default:
                throw new InvalidOperationException($"no body for {frame.Type}");
        }
    }
}

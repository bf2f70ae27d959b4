using System.Buffers;
using System.Buffers.Binary;
using CsCheck;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Frames;

[TestFixture]
public sealed class FrameCodecTests
{
    private static readonly FrameType[] AllTypes = [.. Enum.GetValues<FrameType>().Where(type => type != FrameType.None)];

    private static readonly Gen<ReceivedFrame> Frames =
        Gen.Select(Gen.Int[0, AllTypes.Length - 1].Select(i => AllTypes[i]), Gen.ULong, Gen.Byte.Array[0, 200], (type, id, body) => new ReceivedFrame(type, id, body));

    [Test]
    public void Frames_come_out_the_same_however_the_bytes_are_cut_into_segments() =>
        Gen.Select(Frames.Array[1, 8], Gen.Int[0, 1700].Array[0, 12]).Sample(
            (frames, cuts) =>
            {
                var bytes = frames.SelectMany(frame => frame.Bytes).ToArray();
                Array.Sort(cuts);
                var read = Wire.ReadAll(new FrameCodec(), Segments.Cut(bytes, cuts), out var rest);
                Assert.That(read.Select(frame => frame.ToString()), Is.EqualTo(frames.Select(frame => frame.ToString())));
                Assert.That(rest.Length, Is.Zero);
            },
            iter: 2000);

    [Test]
    public void Frames_come_out_the_same_however_the_bytes_are_spread_over_reads() =>
        Gen.Select(Frames.Array[1, 6], Gen.Int[1, 40].Array[1, 10], Gen.Bool).Sample(
            (frames, pieces, segmented) =>
            {
                var bytes = frames.SelectMany(frame => frame.Bytes).ToArray();
                var codec = new FrameCodec();
                var read = new List<ReceivedFrame>();
                var consumed = 0;
                for (int end = 0, i = 0; end < bytes.Length; i++)
                {
                    end = Math.Min(bytes.Length, end + pieces[i % pieces.Length]);
                    var arrived = bytes[consumed..end];
                    var input = segmented ? Segments.OneByteEach(arrived) : new ReadOnlySequence<byte>(arrived);
                    read.AddRange(Wire.ReadAll(codec, input, out var rest));
                    consumed = end - (int)rest.Length;
                }

                Assert.That(read.Select(frame => frame.ToString()), Is.EqualTo(frames.Select(frame => frame.ToString())));
                Assert.That(consumed, Is.EqualTo(bytes.Length));
            },
            iter: 1000);

    [Test]
    public void A_frame_that_ends_where_a_segment_ends_leaves_a_readable_rest()
    {
        // The rest begins with an empty segment then, and holds less than a header.
        byte[] whole = Wire.Frame(FrameType.Heartbeat, 7);
        byte[] bytes = [.. whole, .. whole];
        for (var arrived = whole.Length; arrived <= bytes.Length; arrived++)
        {
            var read = Wire.ReadAll(new FrameCodec(), Segments.Cut(bytes[..arrived], whole.Length), out var rest);
            Assert.That(read, Has.Count.EqualTo(arrived / whole.Length));
            Assert.That(rest.Length, Is.EqualTo(arrived % whole.Length));
        }
    }

    [Test]
    public void An_incomplete_frame_consumes_nothing_and_examines_everything()
    {
        var bytes = Wire.Frame(FrameType.Message, 3, new byte[20]);
        for (var length = 0; length < bytes.Length; length++)
        {
            var input = new ReadOnlySequence<byte>(bytes, 0, length);
            SequencePosition consumed = input.Start, examined = input.Start;
            Assert.That(new FrameCodec().TryParseMessage(input, ref consumed, ref examined, out _), Is.False);
            Assert.That(consumed, Is.EqualTo(input.Start));
            Assert.That(examined, Is.EqualTo(input.End));
        }
    }

    [Test]
    public void What_is_written_is_what_was_read() =>
        Frames.Sample(
            frame =>
            {
                var output = new ArrayBufferWriter<byte>();
                var codec = new FrameCodec();
                codec.WriteMessage(new Frame(frame.Type, frame.PacketId, Segments.OneByteEach(frame.Body)), output);
                Assert.That(output.WrittenSpan.ToArray(), Is.EqualTo(frame.Bytes));
            },
            iter: 500);

    [Test]
    public void Every_type_but_the_known_ones_is_refused()
    {
        for (var type = 0; type < 256; type++)
        {
            var bytes = Wire.Frame((byte)type, 1);
            if (AllTypes.Contains((FrameType)type))
            {
                Assert.That(Wire.ReadAll(new FrameCodec(), new ReadOnlySequence<byte>(bytes), out _), Has.Count.EqualTo(1));
            }
            else
            {
                Assert.That(ReasonOf(new FrameCodec(), bytes), Is.EqualTo(DisconnectReason.UnknownFrameType), $"type {type:x2}");
            }
        }
    }

    [Test]
    public void A_wrong_version_is_seen_on_the_very_first_byte()
    {
        for (var version = 0; version < 256; version++)
        {
            if (version != Frame.Version)
            {
                Assert.That(ReasonOf(new FrameCodec(), [(byte)version]), Is.EqualTo(DisconnectReason.BadVersion));
                Assert.That(ReasonOf(new FrameCodec(), Wire.Frame(FrameType.Conn, 1).Select((b, i) => i == 0 ? (byte)version : b).ToArray()), Is.EqualTo(DisconnectReason.BadVersion));
            }
        }
    }

    [Test]
    public void An_unknown_type_is_seen_as_soon_as_it_arrives() =>
        Assert.That(ReasonOf(new FrameCodec(), [Frame.Version, 0x99]), Is.EqualTo(DisconnectReason.UnknownFrameType));

    [TestCase(uint.MaxValue)]
    [TestCase(0x8000_0000u)]
    [TestCase(0x7fff_ffffu)]
    [TestCase(101u)]
    public void A_length_above_the_limit_is_refused_before_any_of_the_body_arrives(uint length)
    {
        var header = Wire.Frame(FrameType.Stream, 1);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(10), length);
        Assert.That(ReasonOf(new FrameCodec(Frame.HeaderLength + 100), header), Is.EqualTo(DisconnectReason.FrameTooLarge));
    }

    [Test]
    public void A_length_at_the_limit_is_accepted()
    {
        var codec = new FrameCodec(Frame.HeaderLength + 100);
        Assert.That(Wire.ReadAll(codec, new ReadOnlySequence<byte>(Wire.Frame(FrameType.Stream, 1, new byte[100])), out _), Has.Count.EqualTo(1));
    }

    [Test]
    public void Hostile_headers_end_in_a_violation_or_wait_for_more_but_never_in_another_exception() =>
        Gen.Byte.Array[0, 40].Sample(
            bytes =>
            {
                try
                {
                    Wire.ReadAll(new FrameCodec(1000), Segments.OneByteEach(bytes), out _);
                }
                catch (ProtocolViolationException)
                {
                    // The only way out.
                }
            },
            iter: 5000);

    private static DisconnectReason ReasonOf(FrameCodec codec, byte[] bytes)
    {
        var whole = Assert.Throws<ProtocolViolationException>(() => Wire.ReadAll(codec, new ReadOnlySequence<byte>(bytes), out _))!.Reason;
        var split = Assert.Throws<ProtocolViolationException>(() => Wire.ReadAll(codec, Segments.OneByteEach(bytes), out _))!.Reason;
        Assert.That(split, Is.EqualTo(whole));
        return whole;
    }
}

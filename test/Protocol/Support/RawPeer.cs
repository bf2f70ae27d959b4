using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Frontier.Protocol.Tests.Support;

/// <summary>The other end of a connection, by hand: sends the bytes it is given and reads frames one by one.</summary>
internal sealed class RawPeer(MemoryTransport transport)
{
    private readonly FrameCodec _codec = new(64 * 1024 * 1024);

    public MemoryTransport Transport => transport;

    public async Task Send(params byte[][] frames)
    {
        foreach (var frame in frames)
        {
            transport.Output.Write(frame);
        }

        await Eventually.Done(transport.Output.FlushAsync().AsTask(), "the connection reads what is sent to it");
    }

    public async Task SendInPieces(byte[] bytes, int pieceLength)
    {
        foreach (var piece in bytes.Chunk(pieceLength))
        {
            await Send(piece);
        }
    }

    /// <summary>Closes the sending half, as a peer does whose socket ends.</summary>
    public void Hangup() => transport.Output.Complete();

    /// <summary>Ends the transport with an error, as a socket does that is reset.</summary>
    public void Break(Exception error) => transport.Output.Complete(error);

    public async Task<ReceivedFrame> Read() => await TryRead() is { } frame ? frame : throw new AssertionException("the connection ended instead of sending a frame");

    public async Task<ReceivedFrame> Read(FrameType type)
    {
        var frame = await Read();
        Assert.That(frame.Type, Is.EqualTo(type), frame.ToString());
        return frame;
    }

    /// <summary>The next frame, or null at the end of the connection.</summary>
    public async Task<ReceivedFrame?> TryRead()
    {
        while (true)
        {
            var result = await Eventually.Done(transport.Input.ReadAsync().AsTask(), "the connection sends a frame");
            if (TryCut(result.Buffer, out var frame, out var consumed, out var examined))
            {
                transport.Input.AdvanceTo(consumed);
                return frame;
            }

            if (result.IsCompleted)
            {
                Assert.That(result.Buffer.Length, Is.Zero, "the connection ended within a frame");
                return null;
            }

            transport.Input.AdvanceTo(consumed, examined);
        }
    }

    /// <summary>Everything up to the end of the connection.</summary>
    public async Task<List<ReceivedFrame>> ReadToEnd()
    {
        var frames = new List<ReceivedFrame>();
        while (await TryRead() is { } frame)
        {
            frames.Add(frame);
        }

        return frames;
    }

    private bool TryCut(in ReadOnlySequence<byte> input, [NotNullWhen(true)] out ReceivedFrame? received, out SequencePosition consumed, out SequencePosition examined)
    {
        consumed = input.Start;
        examined = input.End;
        if (_codec.TryParseMessage(input, ref consumed, ref examined, out var frame))
        {
            received = new ReceivedFrame(frame.Type, frame.PacketId, frame.Body.ToArray());
            return true;
        }

        received = null;
        return false;
    }
}

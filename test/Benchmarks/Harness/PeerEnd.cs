using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Frontier.Protocol;
using Microsoft.AspNetCore.Connections;

namespace Frontier.Benchmarks;

/// <summary>
/// The far end of a connection of the gateway, played by hand over a pair of pipes: raw frames in and out. Everything runs on the thread that calls, the
/// gateway's read loops included, so that a benchmark measures work and not the waking of threads.
/// </summary>
internal sealed class PeerEnd
{
    // What Kestrel lets wait in one direction of a socket.
    private const int BufferBytes = 64 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FrameCodec _codec = new();
    private readonly Pipe _toGateway = CreatePipe(pauses: false);
    private readonly Pipe _fromGateway = CreatePipe(pauses: true);
    private ulong _lastPacketId = ((ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds() << 32) | 1;
    private int _unflushed;

    /// <param name="name">The connection's id in logs.</param>
    public PeerEnd(string name) => Context = new DefaultConnectionContext(name) { Transport = new Transport(_toGateway.Reader, _fromGateway.Writer) };

    /// <summary>What is done with a frame that came.</summary>
    public delegate void FrameHandler(in Frame frame);

    /// <summary>The gateway's end.</summary>
    public ConnectionContext Context { get; }

    /// <summary>The next id of this side.</summary>
    public ulong NextPacketId() => _lastPacketId += 2;

    /// <summary>Writes a whole frame under another packet id; the gateway reads it at the next <see cref="Flush"/>, or when much has been written.</summary>
    public void Write(ReadOnlySpan<byte> frame, ulong packetId)
    {
        var output = _toGateway.Writer.GetSpan(Frame.HeaderLength);
        frame[..Frame.HeaderLength].CopyTo(output);
        BinaryPrimitives.WriteUInt64BigEndian(output[2..], packetId);
        _toGateway.Writer.Advance(Frame.HeaderLength);
        _toGateway.Writer.Write(frame[Frame.HeaderLength..]);
        if ((_unflushed += frame.Length) >= BufferBytes)
        {
            Flush();
        }
    }

    /// <summary>Lets the gateway read what was written: its read loop runs before this returns.</summary>
    public void Flush()
    {
        _unflushed = 0;
        var flush = _toGateway.Writer.FlushAsync();
        if (!flush.IsCompletedSuccessfully || flush.Result.IsCompleted)
        {
            throw new InvalidOperationException("the gateway has closed the connection");
        }
    }

    /// <summary>Takes a number of frames that the gateway sent. They are there already but for a login, which other threads have a part in.</summary>
    public void Read(int count, FrameHandler handler)
    {
        while (count > 0)
        {
            if (!_fromGateway.Reader.TryRead(out var result))
            {
                WaitForFrames();
                continue;
            }

            var buffer = result.Buffer;
            SequencePosition consumed = buffer.Start, examined = buffer.Start;
            while (count > 0 && _codec.TryParseMessage(buffer, ref consumed, ref examined, out var frame))
            {
                handler(frame);
                buffer = buffer.Slice(consumed);
                count--;
            }

            if (result.IsCompleted && count > 0)
            {
                throw new InvalidOperationException("the gateway has closed the connection");
            }

            // When all was read, more may be waiting in the gateway's queue, and comes as soon as the pipe has room.
            _fromGateway.Reader.AdvanceTo(buffer.Start, count > 0 ? buffer.End : buffer.Start);
        }
    }

    /// <summary>This end goes away: nothing more is written, and nothing read.</summary>
    public void Close()
    {
        _toGateway.Writer.Complete();
        _fromGateway.Reader.Complete();
    }

    private static Pipe CreatePipe(bool pauses) => new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: pauses ? BufferBytes : 0,
        resumeWriterThreshold: pauses ? BufferBytes / 2 : 0,
        useSynchronizationContext: false));

    private void WaitForFrames()
    {
        if (!SpinWait.SpinUntil(
            () =>
            {
                if (!_fromGateway.Reader.TryRead(out var result))
                {
                    return false;
                }

                _fromGateway.Reader.AdvanceTo(result.Buffer.Start);
                return true;
            },
            Patience))
        {
            throw new TimeoutException("the gateway sent nothing for 30 s");
        }
    }

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

using System.Buffers;
using System.IO.Pipelines;
using Frontier.Protocol;

namespace Frontier.Fuzz;

/// <summary>
/// A connection that accepts whoever dials, on arbitrary bytes in arbitrary pieces: it must end, for a reason that is the peer's fault,
/// and everything it wrote must be whole frames.
/// </summary>
public static class ConnectionTarget
{
    private static readonly TimerWheel Wheel = new();

    private static readonly ConnectionOptions Options = new()
    {
        Features = PeerFeatures.All,
        MaxFrameBytes = BodyTarget.MaxFrameBytes,
        MaxSessions = 4,
        MaxInFlight = 16,
        MaxMetaBytes = 1024,
        HandshakeTimeout = TimeSpan.FromMinutes(5),
        CloseTimeout = TimeSpan.FromMinutes(5),
        SlowConsumerTimeout = TimeSpan.FromMinutes(5),
    };

    /// <summary>Feeds the input, whose first byte says how long the pieces are.</summary>
    public static void Run(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        // Everything runs inline, on this thread: the same input does the same every time.
        var pipe = new PipeOptions(
            readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false,
            minimumSegmentSize: 1 + data[0]);
        var toAcceptor = new Pipe(pipe);
        var fromAcceptor = new Pipe(pipe);
        var acceptor = new FuzzAcceptor(new Duplex(toAcceptor.Reader, fromAcceptor.Writer), Options, Wheel);
        var run = acceptor.RunAsync();
        var pieces = new Pieces(data[0]);
        for (var rest = data[1..]; !rest.IsEmpty && !run.IsCompleted;)
        {
            var piece = rest[..Math.Min(pieces.Next(), rest.Length)];
            toAcceptor.Writer.Write(piece);
            _ = toAcceptor.Writer.FlushAsync().AsTask();
            rest = rest[piece.Length..];
        }

        toAcceptor.Writer.Complete();
        if (!run.Wait(TimeSpan.FromSeconds(30)))
        {
            throw new FuzzFailureException("the connection did not end with its input");
        }

        if (acceptor.DisconnectReason is DisconnectReason.InternalError or DisconnectReason.None || acceptor.Failure is not (null or ProtocolViolationException))
        {
            throw new FuzzFailureException($"the connection ended with {acceptor.DisconnectReason}", acceptor.Failure);
        }

        CheckOutput(fromAcceptor.Reader);
    }

    private static void CheckOutput(PipeReader reader)
    {
        var codec = new FrameCodec();
        if (reader.TryRead(out var result))
        {
            var output = result.Buffer;
            SequencePosition consumed = default, examined = default;
            while (codec.TryParseMessage(output, ref consumed, ref examined, out var frame))
            {
                BodyTarget.CheckBody(frame.Type, frame.Body.ToArray());
                output = output.Slice(consumed);
            }

            if (!output.IsEmpty)
            {
                throw new FuzzFailureException("the connection wrote half a frame");
            }
        }

        reader.Complete();
    }

    // Lengths of the pieces: one byte at a time, all at once, or something in between that changes.
    private struct Pieces(byte kind)
    {
        private uint _state = kind * 2654435761u | 1;

        public int Next()
        {
            if (kind < 2)
            {
                return kind == 0 ? int.MaxValue : 1;
            }

            _state ^= _state << 13;
            _state ^= _state >> 17;
            _state ^= _state << 5;
            return 1 + (int)(_state % (kind * 4u));
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

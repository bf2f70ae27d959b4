using System.Buffers.Binary;
using Frontier.Protocol;

namespace Frontier.Load;

/// <summary>
/// Small writes on a stream that come back. A stream has no frames to match, only an order: each lane keeps a queue of the operations whose bytes are on
/// the way, and every byte that comes back is compared with what was sent.
/// </summary>
internal sealed class EchoDriver : LaneDriver
{
    private readonly Content _content;
    private readonly Dictionary<Peer, Echo> _echoes = [];

    public EchoDriver(EventLoop loop, SlotCount slots, RateSchedule? schedule, TimeSpan timeout, Lane[] lanes, Content content)
        : base(loop, slots, schedule, timeout, lanes)
    {
        _content = content;
        foreach (var lane in lanes)
        {
            _echoes[lane.Peer] = new Echo();
        }
    }

    /// <inheritdoc/>
    public override void Answered(Peer peer, FrameType type, ulong packetId, ReadOnlySpan<byte> body)
    {
        if (type == FrameType.Dismiss && BinaryPrimitives.ReadUInt64BigEndian(body) == peer.SessionId)
        {
            // Nothing can be sent on this connection any more.
            peer.Close();
            Lost(peer, "its stream was closed by the other end");
        }
    }

    /// <inheritdoc/>
    public override void Streamed(Peer peer, ulong sessionId, ReadOnlySpan<byte> data)
    {
        var echo = _echoes[peer];
        Span<byte> stamp = stackalloc byte[Content.StampLength];
        while (!data.IsEmpty)
        {
            if (sessionId != peer.SessionId || !echo.OnTheWay.TryPeek(out var operation))
            {
                Tally.Errors.Add("stream bytes that were not sent");
                return;
            }

            scoped ReadOnlySpan<byte> expected = _content.Payload.AsSpan(echo.Received);
            if (_content.Payload.Length >= Content.StampLength && echo.Received < Content.StampLength)
            {
                _content.WriteStamp(stamp, operation.Slot, operation.Turn);
                expected = stamp[echo.Received..];
            }

            var length = Math.Min(expected.Length, data.Length);
            echo.IsWrong |= !data[..length].SequenceEqual(expected[..length]);
            data = data[length..];
            echo.Received += length;
            if (echo.Received == _content.Payload.Length)
            {
                Finish(echo, operation);
            }
        }
    }

    /// <inheritdoc/>
    protected override void Send(Lane lane, int slot, uint turn)
    {
        var payload = lane.Peer.ReserveFrame(FrameType.Stream, lane.Peer.NextId(), sizeof(ulong) + _content.Payload.Length);
        BinaryPrimitives.WriteUInt64BigEndian(payload, lane.Peer.SessionId);
        payload = payload[sizeof(ulong)..];
        _content.Payload.CopyTo(payload);
        if (payload.Length >= Content.StampLength)
        {
            _content.WriteStamp(payload, slot, turn);
        }

        _echoes[lane.Peer].OnTheWay.Enqueue((slot, turn));
    }

    private void Finish(Echo echo, (int Slot, uint Turn) operation)
    {
        var isWrong = echo.IsWrong;
        echo.OnTheWay.Dequeue();
        echo.Received = 0;
        echo.IsWrong = false;
        if (!IsBusy(operation.Slot, operation.Turn))
        {
            Tally.Errors.Add("answer to nothing that was asked, or too late");
        }
        else if (isWrong)
        {
            Fail(operation.Slot, "wrong stream bytes");
        }
        else
        {
            Complete(operation.Slot);
        }
    }

    private sealed class Echo
    {
        public Queue<(int Slot, uint Turn)> OnTheWay { get; } = new();

        public int Received { get; set; }

        public bool IsWrong { get; set; }
    }
}

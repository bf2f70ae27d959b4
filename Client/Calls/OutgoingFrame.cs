using System.Diagnostics;
using System.Text;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>A call or message to be sent, with everything it takes to encode it, once or again after waiting for room.</summary>
internal readonly struct OutgoingFrame
{
    private const int StackBytes = 384;

    private readonly FrameType _type;
    private readonly string _name;
    private readonly ReadOnlyMemory<byte> _payload;
    private readonly ReadOnlyMemory<byte> _custom;
    private readonly bool _tellsLimit;
    private readonly Activity? _activity;

    /// <summary>Takes a call or message.</summary>
    /// <param name="type">Request or Message.</param>
    /// <param name="name">The method or topic.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="custom">Bytes beside it.</param>
    /// <param name="edgeId">The edge addressed, whose id goes behind <paramref name="custom"/>; null when the name is the address.</param>
    /// <param name="timeout">The caller's own time limit; goes on the wire. Without one only <paramref name="defaultTimeout"/> counts, on this side.</param>
    /// <param name="defaultTimeout">The limit when the caller named none.</param>
    public OutgoingFrame(
        FrameType type, string name, ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> custom, ulong? edgeId, TimeSpan? timeout, TimeSpan defaultTimeout)
    {
        _type = type;
        _name = name;
        _payload = payload;
        _custom = custom;
        _activity = Activity.Current;
        EdgeId = edgeId;
        var limit = timeout ?? defaultTimeout;
        if (limit == Timeout.InfiniteTimeSpan)
        {
            Deadline = long.MaxValue;
            return;
        }

        CheckTimeout(timeout);
        Deadline = Environment.TickCount64 + Math.Max(1, (long)limit.TotalMilliseconds);
        _tellsLimit = timeout is not null;
    }

    public ulong? EdgeId { get; }

    /// <summary>When to give up, on the <see cref="Environment.TickCount64"/> clock in milliseconds.</summary>
    public long Deadline { get; }

    public bool IsLarge => _payload.Length > SendGate.LargePayload;

    /// <summary>Encodes and sends it.</summary>
    public SendOutcome TrySend(GeminioConnection connection, ulong sessionId, in PendingReply pending)
    {
        if (_payload.Length > connection.Options.MaxFrameBytes || _custom.Length > connection.Options.MaxFrameBytes)
        {
            return SendOutcome.TooLarge;
        }

        scoped var body = new MessageBody { SessionId = sessionId, IsBinary = true, Value = _payload.Span, Custom = _custom.Span, Due = _tellsLimit ? Deadline : 0 };
        Span<byte> trace = stackalloc byte[TraceField.Length];
        body.Trace = TraceField.Write(_activity, trace);
        Span<byte> tail = stackalloc byte[Base64Text.MaxTailLength];
        if (EdgeId is { } edgeId)
        {
            body.AppendId(edgeId, tail);
        }

        var utf8Length = Encoding.UTF8.GetMaxByteCount(_name.Length);
        Span<byte> utf8 = utf8Length <= StackBytes ? stackalloc byte[StackBytes] : new byte[utf8Length];
        utf8 = utf8[..Encoding.UTF8.GetBytes(_name, utf8)];
        if (_type == FrameType.Message)
        {
            body.Topic = utf8;
        }
        else
        {
            body.Key = utf8;
        }

        return connection.TrySend(_type, body, pending);
    }

    /// <summary>Checks a caller's time limit; null and <see cref="Timeout.InfiniteTimeSpan"/> are fine.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is 0 or negative.</exception>
    public static void CheckTimeout(TimeSpan? timeout)
    {
        if (timeout is { } limit && limit != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(timeout));
        }
    }

    /// <summary>Checks a method or topic against the connection's limit.</summary>
    /// <exception cref="FrontierException">It is too long (TooLarge).</exception>
    public static void CheckName(string name, ConnectionOptions options)
    {
        if (name.Length > options.MaxNameBytes / 3 && Encoding.UTF8.GetByteCount(name) > options.MaxNameBytes)
        {
            throw new FrontierException(FrontierErrorCode.TooLarge, $"A method or topic name may have {options.MaxNameBytes} bytes.");
        }
    }
}

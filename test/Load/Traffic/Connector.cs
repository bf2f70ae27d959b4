using System.Buffers.Binary;
using System.Text;
using Frontier.Protocol;

namespace Frontier.Load;

/// <summary>Brings a number of peers online, so many at a time, or at a rate; each is tried once.</summary>
internal sealed class Connector : PeerEvents, ILoopTimer
{
    private static readonly long ScanInterval = Clock.FromSeconds(0.5);

    private readonly EventLoop _loop;
    private readonly Content _content;
    private readonly AfterLogin _afterLogin;
    private readonly Dial _dial;
    private readonly int _wanted;
    private readonly int _window;
    private readonly RateSchedule? _schedule;
    private readonly long _timeout;
    private readonly HashSet<Peer> _pending = [];
    private readonly List<Peer> _online = [];
    private readonly Dictionary<Peer, long> _intended = [];
    private readonly TaskCompletionSource<IReadOnlyList<Peer>> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _started;
    private long _nextScan;
    private bool _isCanceled;

    public Connector(
        EventLoop loop, Content content, AfterLogin afterLogin, int wanted, int window, RateSchedule? schedule, TimeSpan timeout, Dial dial)
    {
        _loop = loop;
        _content = content;
        _afterLogin = afterLogin;
        _dial = dial;
        _wanted = wanted;
        _window = window;
        _schedule = schedule;
        _timeout = Clock.FromSeconds(timeout.TotalSeconds);
    }

    /// <summary>How long each took, and what went wrong.</summary>
    public Tally Tally { get; } = new();

    /// <summary>Those that are online; done when all have been tried.</summary>
    public Task<IReadOnlyList<Peer>> Completion => _done.Task;

    /// <inheritdoc/>
    public long Due { get; private set; } = long.MaxValue;

    /// <summary>Starts.</summary>
    public void Start()
    {
        _nextScan = _loop.Now + ScanInterval;
        _schedule?.Start(_loop.Now);
        _loop.Add(this);
        Fill();
    }

    /// <summary>Starts no more.</summary>
    public void Cancel()
    {
        _isCanceled = true;
        Fill();
    }

    /// <inheritdoc/>
    public void Fire(long now)
    {
        if (now >= _nextScan)
        {
            _nextScan = now + ScanInterval;
            foreach (var peer in _pending.Where(peer => now - peer.StartedAt > _timeout).ToList())
            {
                var kind = peer.State == PeerState.Connecting ? "no TCP connection in time" : "no ConnAck in time";
                peer.Close();
                Lost(peer, kind);
            }
        }

        Fill();
    }

    /// <inheritdoc/>
    public override void Online(Peer peer)
    {
        switch (_afterLogin)
        {
            case AfterLogin.Register:
                peer.Write(FrameType.Register, peer.NextId(), [0, 0, 0, 0, 0, 0, 0, 1, .. Encoding.UTF8.GetBytes(_content.Method)]);
                break;
            case AfterLogin.OpenStream:
                peer.SessionId = peer.NextId();
                var open = new SessionBody { Flags = SessionBody.ChooseIdFlag, NegotiateId = peer.SessionId, Peer = JsonText.Escape(_content.Service) };
                open.WriteSession(peer.ReserveFrame(FrameType.Session, peer.NextId(), open.GetSessionLength()));
                break;
            default:
                Finish(peer);
                break;
        }
    }

    /// <inheritdoc/>
    public override void Answered(Peer peer, FrameType type, ulong packetId, ReadOnlySpan<byte> body)
    {
        if (!_pending.Contains(peer))
        {
            return;
        }

        try
        {
            if (type == FrameType.RegisterAck)
            {
                var ack = SessionBody.ParseDismiss(body);
                FinishUnless(peer, "register refused", ack.Error, ack.ErrorEscaped);
            }
            else if (type == FrameType.SessionAck)
            {
                var ack = SessionBody.ParseSessionAck(body);
                peer.SessionId = ack.SessionId;
                FinishUnless(peer, "stream refused", ack.Error, ack.ErrorEscaped);
            }
            else if (type == FrameType.Dismiss && BinaryPrimitives.ReadUInt64BigEndian(body) == peer.SessionId)
            {
                FinishUnless(peer, "stream refused", "closed at once"u8, false);
            }
        }
        catch (ProtocolViolationException)
        {
            FinishUnless(peer, "broken answer", "not what it should be"u8, false);
        }
    }

    /// <inheritdoc/>
    public override void Lost(Peer peer, string reason)
    {
        // One that is already online is lost while the others still connect.
        Tally.Errors.Add(reason);
        _pending.Remove(peer);
        _online.Remove(peer);
        _intended.Remove(peer);
        Fill();
    }

    private void FinishUnless(Peer peer, string problem, ReadOnlySpan<byte> error, bool isEscaped)
    {
        if (error.IsEmpty)
        {
            Finish(peer);
            return;
        }

        peer.Close();
        Lost(peer, $"{problem}: {JsonText.Decode(error, isEscaped)}");
    }

    private void Finish(Peer peer)
    {
        Tally.Latency.Record(Clock.ToNanoseconds(_loop.Now - (_intended.Remove(peer, out var start) ? start : peer.StartedAt)));
        Tally.Completed++;
        _pending.Remove(peer);
        _online.Add(peer);
        Fill();
    }

    private void Fill()
    {
        while (!_isCanceled && _started < _wanted && _pending.Count < _window && (_schedule is null || _schedule.Next <= _loop.Now))
        {
            _started++;
            var intended = _schedule?.Next ?? 0;
            _schedule?.Advance();
            if (_dial(this, _started - 1, out var problem) is not { } peer)
            {
                Tally.Errors.Add(problem);
                continue;
            }

            _pending.Add(peer);
            if (_schedule is not null)
            {
                _intended[peer] = intended;
            }
        }

        if ((_isCanceled || _started == _wanted) && _pending.Count == 0)
        {
            _loop.Remove(this);
            _done.TrySetResult(_online);
        }

        Due = _schedule is null || _started == _wanted || _pending.Count >= _window ? _nextScan : Math.Min(_nextScan, _schedule.Next);
    }
}

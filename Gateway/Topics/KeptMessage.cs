using System.Buffers;
using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>
/// An edge's message for one of several services. Its bytes are kept until it has been answered: when the service leaves before, the message goes to another
/// one, so a service may get a message that one that left had worked on.
/// </summary>
internal sealed class KeptMessage : IReplySink
{
    private readonly KeptMessages _all;
    private readonly List<(ulong ServiceId, long Epoch)> _tried = new(2);
    private IReplySink? _owner;
    private byte[] _bytes = [];
    private int _length;
    private string _group = "";
    private ulong _packetId;
    private ulong _number;
    private long _due;
    private bool _isCallersLimit;
    private ulong _source;

    /// <summary>Creates one with room for a message.</summary>
    public KeptMessage(KeptMessages all, int length)
    {
        _all = all;
        Take(length);
    }

    /// <summary>How many bytes it holds, in use or not.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Makes room for a message.</summary>
    public void Take(int length)
    {
        _length = length;
        if (_bytes.Length < length)
        {
            GiveUpBytes();
            _bytes = ArrayPool<byte>.Shared.Rent(length);
        }
    }

    /// <summary>It will not be used again soon, or not at all.</summary>
    public void GiveUpBytes()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }

    /// <summary>Sends the message to one of those who share a topic.</summary>
    /// <param name="owner">Who hears of the answer.</param>
    /// <param name="packetId">The id that the message came with.</param>
    /// <param name="body">The message as services are to see it, of the length that there was made room for.</param>
    /// <param name="services">Those who share the topic.</param>
    /// <param name="number">What chooses among them.</param>
    /// <param name="due">The deadline, on the <see cref="Environment.TickCount64"/> clock in milliseconds.</param>
    /// <param name="source">The edge that the message comes from.</param>
    /// <returns>Anything but <see cref="SendOutcome.Sent"/> says that the owner will not hear: nobody got the message.</returns>
    public SendOutcome Send(IReplySink owner, ulong packetId, in MessageBody body, ServiceSet services, ulong number, long due, ulong source)
    {
        (_owner, _packetId, _group, _number, _due, _source) = (owner, packetId, services.Group, number, due, source);
        _isCallersLimit = body.IsCallersLimit;
        body.Write(_bytes.AsSpan(0, _length), body.OwnForm);
        var outcome = TrySend(services);
        if (outcome != SendOutcome.Sent)
        {
            Return();
        }

        return outcome;
    }

    /// <inheritdoc/>
    public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
    {
        if (source is Trunk && TopicSpread.IsGone(source.ParseMessage(type, body)))
        {
            OnGone(source, pending);
            return;
        }

        _owner!.OnReply(source, pending, type, body);
        Return();
    }

    /// <inheritdoc/>
    public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss)
    {
        if (loss == ReplyLoss.ConnectionClosed)
        {
            OnGone(source, pending);
            return;
        }

        _owner!.OnReplyLost(source, pending, loss);
        Return();
    }

    private void OnGone(GeminioConnection source, in PendingReply pending)
    {
        var topic = TopicOf(MessageBody.Parse(_bytes.AsSpan(0, _length)));
        var metrics = _all.Gateway.Metrics; // When it is sent, it may be somebody else's message already.
        if (_all.Gateway.Catalog.Directory.FindTopic(topic, _group) is { } services && TrySend(services) == SendOutcome.Sent)
        {
            metrics.Redelivered();
            return;
        }

        _owner!.OnReplyLost(source, pending, ReplyLoss.ConnectionClosed);
        Return();
    }

    // The first that is there and has not been tried yet. Once it is sent, nothing here may be touched: the answer may have come.
    private SendOutcome TrySend(ServiceSet services)
    {
        var body = MessageBody.Parse(_bytes.AsSpan(0, _length));
        (body.Due, body.IsCallersLimit) = (_due, _isCallersLimit);
        var first = services.Choose(_number);
        for (var i = 0; i < services.Instances.Length; i++)
        {
            var instance = services.Instances[(first + i) % services.Instances.Length];
            if (_tried.Contains((instance.ServiceId, instance.Epoch)) || TargetOf(instance) is not { } target)
            {
                continue;
            }

            _tried.Add((instance.ServiceId, instance.Epoch));
            body.Service = target is Trunk ? instance.ServiceId : 0;
            var outcome = target.TrySend(FrameType.Message, body, new PendingReply
            {
                Sink = this,
                OriginPacketId = _packetId,
                OriginSessionId = GeminioConnection.RootSessionId,
                Source = _source,
                Deadline = _due,
            });
            if (outcome != SendOutcome.NotConnected)
            {
                return outcome;
            }
        }

        return SendOutcome.NotConnected;
    }

    private ForwardingConnection? TargetOf(ServiceInstance instance) =>
        instance.Local ?? (instance.Silo is { } silo ? _all.Gateway.Trunks.To(silo) : (ForwardingConnection?)null);

    private static ReadOnlySpan<byte> TopicOf(in MessageBody body) => JsonText.DecodeUtf8(body.Topic, body.TopicEscaped);

    private void Return()
    {
        var length = _length;
        (_owner, _length, _group) = (null, 0, "");
        _tried.Clear();
        _all.Return(this, length);
    }
}

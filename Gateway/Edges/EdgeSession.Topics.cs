using Frontier.Protocol;

namespace Frontier.Gateway;

internal sealed partial class EdgeSession
{
    /// <summary>The queue has the message, or somebody else who takes it.</summary>
    /// <param name="packetId">The message.</param>
    /// <param name="startedAt">When it came, as <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> gives it.</param>
    public void AnswerTopic(ulong packetId, long startedAt)
    {
        Gateway.Metrics.Answered(Outgoing, startedAt);
        Count(Traffic.Message, Outcome.Ok);
        Answer(FrameType.MessageAck, packetId, new MessageBody { SessionId = RootSessionId });
    }

    /// <summary>The message failed.</summary>
    public void AnswerTopicError(ulong packetId, FrontierErrorCode code, string text) =>
        AnswerError(FrameType.Message, packetId, RootSessionId, default, OutcomeOf(code), text);

    // A topic served by services only, under its name, takes the direct way: nothing is allocated, no grain is asked.
    private void RouteMessage(ulong packetId, in MessageBody body)
    {
        var directory = Gateway.Catalog.Directory;
        var topic = JsonText.DecodeUtf8(body.Topic, body.TopicEscaped);
        if (Gateway.TopicRules.HasRetention && !topic.IsEmpty && Gateway.TopicRules.FindRetention(topic) is not null)
        {
            // Only the topic's grain knows whether older messages are still to be delivered before this one.
            SendOnLane("", topic, packetId, body);
            return;
        }

        if (directory.FindRoute(topic) is { } route && TrySpread(route, directory, topic, packetId, body))
        {
            return;
        }

        var services = directory.FindTopic(topic);
        if (directory.HasQueues && !topic.IsEmpty && TryRouteToQueue(directory, services, topic, packetId, body))
        {
            return;
        }

        if (services is null)
        {
            PublishToUnknown(packetId, body);
        }
        else if (services.Instances.Length == 1 || !Gateway.TopicRules.Redelivers || !TryKeep(packetId, services, body))
        {
            ForwardToOne(FrameType.Message, packetId, services, body);
        }
    }

    // A topic that external queues take, alone or together with services: those share it by the same number by which services share one among themselves.
    private bool TryRouteToQueue(ServiceDirectory directory, ServiceSet? shared, ReadOnlySpan<byte> topic, ulong packetId, in MessageBody body)
    {
        var services = shared?.Instances.Length ?? 0;
        var queues = directory.FindQueues(topic) ?? (services == 0 ? directory.AnyTopicQueues : null);
        if (queues is null)
        {
            return false;
        }

        var choice = (int)(ChoiceNumber() % (ulong)(services + queues.Length));
        if (choice < services)
        {
            return false; // The direct way chooses among them.
        }

        SendOnLane(queues[choice - services], topic, packetId, body);
        return true;
    }

    private void SendOnLane(string queue, ReadOnlySpan<byte> topic, ulong packetId, in MessageBody body)
    {
        if (!TryTakeMessage(packetId, body, out var deadline))
        {
            return;
        }

        if (!Gateway.TopicLanes.TryAdd(queue, topic, new TopicWait(this, packetId, deadline.Due), body))
        {
            AnswerError(FrameType.Message, packetId, RootSessionId, default, Outcome.SlowConsumer, FrontierErrorText.SlowConsumer);
        }
    }

    // False when there is no room to keep it, and nothing has been done: it is then sent without.
    private bool TryKeep(ulong packetId, ServiceSet services, in MessageBody body)
    {
        if (!TryTakeMessage(packetId, body, out var deadline))
        {
            return true;
        }

        Span<byte> tail = stackalloc byte[Base64Text.MaxTailLength];
        var forwarded = ForServices(body, tail, deadline.Due);
        if (Gateway.KeptMessages.TryRent(forwarded.GetLength(forwarded.OwnForm)) is not { } kept)
        {
            return !Release(packetId);
        }

        var outcome = kept.Send(this, packetId, forwarded, services, ChoiceNumber(), deadline.Due, Source);
        if (outcome != SendOutcome.Sent)
        {
            var (result, text) = outcome == SendOutcome.NotConnected ? (Outcome.NotOnline, FrontierErrorText.TopicNotOnline) : Describe(outcome);
            AnswerError(FrameType.Message, packetId, RootSessionId, default, result, text);
        }

        return true;
    }

    // A topic with several receivers: groups, or a topic that all who take it receive. False when there is only one to send to.
    private bool TrySpread(TopicRoute route, ServiceDirectory directory, ReadOnlySpan<byte> topic, ulong packetId, in MessageBody body)
    {
        var services = route.Shared?.Instances.Length ?? 0;
        var queues = topic.IsEmpty ? null : directory.FindQueues(topic);
        var sharing = services + (queues?.Length ?? 0);
        if (route.Groups.Length == 0 && (!route.IsFanout || sharing <= 1))
        {
            return false;
        }

        if (!TryTakeMessage(packetId, body, out var deadline))
        {
            return true;
        }

        Span<byte> tail = stackalloc byte[Base64Text.MaxTailLength];
        var forwarded = ForServices(body, tail, deadline.Due);
        var number = ChoiceNumber();
        var choice = sharing == 0 ? 0 : (int)(number % (ulong)sharing);
        var spread = new TopicSpread(this, packetId);
        for (var i = 0; i < sharing; i++)
        {
            if (!route.IsFanout && i != choice)
            {
                continue;
            }

            if (i >= services)
            {
                SpreadToQueue(spread, queues![i - services], topic, packetId, body, deadline.Due);
            }
            else if (route.IsFanout)
            {
                SpreadTo(spread, packetId, forwarded, route.Shared!.Instances[i], deadline.Due);
            }
            else
            {
                SpreadToOne(spread, packetId, forwarded, route.Shared!, number, deadline.Due);
            }
        }

        foreach (var group in route.Groups)
        {
            SpreadToOne(spread, packetId, forwarded, group, number, deadline.Due);
        }

        Gateway.Metrics.Copied(route.Groups.Length + (route.IsFanout ? sharing : Math.Min(sharing, 1)));
        spread.Gone(); // All have been sent.
        return true;
    }

    private void SpreadToOne(TopicSpread spread, ulong packetId, in MessageBody forwarded, ServiceSet services, ulong number, long due)
    {
        spread.Add();
        if (services.Instances.Length > 1
            && Gateway.TopicRules.Redelivers
            && Gateway.KeptMessages.TryRent(forwarded.GetLength(forwarded.OwnForm)) is { } kept)
        {
            Note(spread, kept.Send(spread, packetId, forwarded, services, number, due, Source));
            return;
        }

        var outcome = SendOutcome.NotConnected;
        for (var i = 0; i < services.Instances.Length && outcome == SendOutcome.NotConnected; i++)
        {
            outcome = SendTo(spread, packetId, forwarded, services.Instances[(services.Choose(number) + i) % services.Instances.Length], due);
        }

        Note(spread, outcome);
    }

    private void SpreadTo(TopicSpread spread, ulong packetId, in MessageBody forwarded, ServiceInstance instance, long due)
    {
        spread.Add();
        Note(spread, SendTo(spread, packetId, forwarded, instance, due));
    }

    private void SpreadToQueue(TopicSpread spread, string queue, ReadOnlySpan<byte> topic, ulong packetId, in MessageBody body, long due)
    {
        spread.Add();
        if (!Gateway.TopicLanes.TryAdd(queue, topic, new TopicWait(this, packetId, due, spread), body))
        {
            spread.Failed(FrontierErrorCode.SlowConsumer, FrontierErrorText.SlowConsumer);
        }
    }

    private SendOutcome SendTo(TopicSpread spread, ulong packetId, in MessageBody forwarded, ServiceInstance instance, long due)
    {
        ForwardingConnection? target = instance.Local;
        if (target is null && instance.Silo is { } silo)
        {
            target = Gateway.Trunks.To(silo);
        }

        if (target is null)
        {
            return SendOutcome.NotConnected;
        }

        var body = forwarded;
        body.Service = instance.Local is null ? instance.ServiceId : 0;
        return target.TrySend(FrameType.Message, body, new PendingReply
        {
            Sink = spread,
            OriginPacketId = packetId,
            OriginSessionId = RootSessionId,
            Source = Source,
            Deadline = due,
        });
    }

    private static void Note(TopicSpread spread, SendOutcome outcome)
    {
        switch (outcome)
        {
            case SendOutcome.Sent:
                break;
            case SendOutcome.NotConnected:
                spread.Gone();
                break;
            default:
                var text = Describe(outcome).Text;
                spread.Failed(FrontierErrorText.ToCode(text), text);
                break;
        }
    }

    // False when the message has been refused.
    private bool TryTakeMessage(ulong packetId, in MessageBody body, out Deadline deadline)
    {
        deadline = Deadlines.From(body.Due, Gateway.ForwardTimeout);
        if (deadline.HasPassed)
        {
            RejectError(FrameType.Message, packetId, body, Outcome.Timeout, FrontierErrorText.Timeout);
            return false;
        }

        if (!TryTake(packetId, null))
        {
            RejectError(FrameType.Message, packetId, body, Outcome.RateLimited, FrontierErrorText.RateLimited);
            return false;
        }

        return true;
    }

    private MessageBody ForServices(MessageBody body, Span<byte> tail, long due)
    {
        body.AppendId(EdgeId, tail);
        body.Key = default;
        body.Due = due;
        return body;
    }
}

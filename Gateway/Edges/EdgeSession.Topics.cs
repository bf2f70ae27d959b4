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

    // A topic that external queues take, alone or together with services: those share it by the same number by which services share one among themselves.
    private bool TryRouteToQueue(ulong packetId, in MessageBody body)
    {
        var directory = Gateway.Catalog.Directory;
        var topic = JsonText.DecodeUtf8(body.Topic, body.TopicEscaped);
        if (topic.IsEmpty)
        {
            return false;
        }

        var services = directory.FindTopic(topic)?.Instances.Length ?? 0;
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
        var deadline = Deadlines.From(body.EffectiveDeadline, Gateway.ForwardTimeoutTicks);
        if (deadline.HasPassed)
        {
            RejectError(FrameType.Message, packetId, body, Outcome.Timeout, FrontierErrorText.Timeout);
        }
        else if (!TryTake(packetId, null))
        {
            RejectError(FrameType.Message, packetId, body, Outcome.RateLimited, FrontierErrorText.RateLimited);
        }
        else if (!Gateway.TopicLanes.TryAdd(queue, topic, new TopicWait(this, packetId, deadline.Due), body))
        {
            AnswerError(FrameType.Message, packetId, RootSessionId, default, Outcome.SlowConsumer, FrontierErrorText.SlowConsumer);
        }
    }
}

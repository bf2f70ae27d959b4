using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

/// <summary>An edge's message that waits for its topic's answer. The edge hears exactly once.</summary>
/// <param name="edge">The edge's session.</param>
/// <param name="packetId">The id that the message came with.</param>
/// <param name="due">When the edge stops waiting, on the <see cref="Environment.TickCount64"/> clock in milliseconds.</param>
/// <param name="spread">What the edge is answered by when the message goes to others as well; null when it does not.</param>
internal sealed class TopicWait(EdgeSession edge, ulong packetId, long due, TopicSpread? spread = null)
{
    private readonly ulong _edgeId = edge.EdgeId;
    private readonly DateTimeOffset _receivedAt = DateTimeOffset.UtcNow;
    private readonly long _startedAt = System.Diagnostics.Stopwatch.GetTimestamp();
    private bool _isAnswered;

    /// <summary>The topic in UTF-8; empty where it is known otherwise.</summary>
    public ReadOnlyMemory<byte> Topic { get; set; }

    /// <summary>The message's body, decoded.</summary>
    public ReadOnlyMemory<byte> Payload { get; set; }

    /// <summary>The edge's <c>custom</c> bytes, decoded.</summary>
    public ReadOnlyMemory<byte> Custom { get; set; }

    /// <summary>The trace that the edge's work belongs to; empty for none.</summary>
    public ReadOnlyMemory<byte> Trace { get; set; }

    /// <summary>The bytes it holds.</summary>
    public int Bytes => Topic.Length + Payload.Length + Custom.Length;

    /// <summary>Whether the edge has heard; only the lane's loop asks and answers.</summary>
    public bool IsAnswered => _isAnswered;

    /// <summary>Whether the edge has stopped waiting.</summary>
    public bool IsDue(long now) => now >= due;

    /// <summary>The message for the topic's grain.</summary>
    public TopicMessage ToMessage(long now) => new(_edgeId, Payload, Custom, _receivedAt, TimeSpan.FromMilliseconds(Math.Max(0, due - now))) { Trace = Trace };

    /// <summary>Asks the topic's grain to deliver the message, and answers the edge; for as long as the edge waits.</summary>
    public async Task PublishAsync(IGrainFactory grains)
    {
        try
        {
            var remaining = TimeSpan.FromMilliseconds(Math.Max(0, due - Environment.TickCount64));
            var topic = System.Text.Encoding.UTF8.GetString(Topic.Span);
            var message = new MessageRequest(topic, Payload, Custom, remaining) { Trace = Trace };
            // The grain's own answer, which has a code, comes first where it can.
            await grains.GetTopic(topic).PublishAsync(_edgeId, message).WaitAsync(remaining + TimeSpan.FromSeconds(1));
            Confirm();
        }
        catch (FrontierException error)
        {
            Fail(error.Code, error.Message);
        }
        catch (TimeoutException)
        {
            Fail(FrontierErrorCode.Timeout, FrontierErrorText.Timeout);
        }
#pragma warning disable CA1031 // Whatever the cluster's trouble is, the edge gets an answer.
        catch (Exception)
#pragma warning restore CA1031
        {
            Fail(FrontierErrorCode.TopicNotOnline, FrontierErrorText.TopicNotOnline);
        }
    }

    /// <summary>The message has been taken.</summary>
    public void Confirm()
    {
        if (!_isAnswered)
        {
            _isAnswered = true;
            if (spread is not null)
            {
                spread.Taken();
                return;
            }

            edge.AnswerTopic(packetId, _startedAt);
        }
    }

    /// <summary>The message failed.</summary>
    public void Fail(FrontierErrorCode code, string text)
    {
        if (!_isAnswered)
        {
            _isAnswered = true;
            if (spread is not null)
            {
                spread.Failed(code, text);
                return;
            }

            edge.AnswerTopicError(packetId, code, text);
        }
    }
}

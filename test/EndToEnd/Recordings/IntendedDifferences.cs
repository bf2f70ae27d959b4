using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;
using Frontier.Vectors;

namespace Frontier.EndToEnd.Tests.Recordings;

/// <summary>
/// Where the order or number of frames is meant to differ from the original's. What is meant to differ within a frame (who opened a stream, the
/// epoch of a presence event, the id of a stream) is in <see cref="FrameComparison"/>.
/// </summary>
internal static class IntendedDifferences
{
    /// <summary>The steps of a recording as they are to go with this gateway.</summary>
    public static List<ReplayStep> Apply(RecordedConversation recording)
    {
        var steps = recording.Events.Select(ReplayStep.From).ToList();
        switch (recording.Name)
        {
            case "open_stream_unknown_service":
                RefusedStreamEndsAtOnce(steps, "service not online");
                break;
            case "svc_open_stream_offline_edge":
                RefusedStreamEndsAtOnce(steps, "edge not online");
                break;
            case "edge_online_callback":
                ClosingServiceHearsNothing(steps);
                break;
        }

        foreach (var (near, far) in StreamEnds(steps))
        {
            DirectionsEndSeparately(steps, near, far);
        }

        return steps;
    }

    /// <summary>The two ends of every stream in the recording, the opener's first, each as its Session frame and the id used on its connection.</summary>
    public static IEnumerable<(StreamEnd Opener, StreamEnd Acceptor)> StreamEnds(IReadOnlyList<ReplayStep> steps)
    {
        var passedOn = new HashSet<ReplayStep>();
        for (var i = 0; i < steps.Count; i++)
        {
            if (steps[i] is not { Kind: StepKind.Send, Frame.Type: FrameType.Session } open)
            {
                continue;
            }

            var forward = steps.Skip(i).FirstOrDefault(step => step is { Kind: StepKind.Receive, Frame.Type: FrameType.Session } && passedOn.Add(step));
            var ack = steps.Skip(i).First(step => step is { Kind: StepKind.Receive, Frame.Type: FrameType.SessionAck } && step.Frame.PacketId == open.Frame.PacketId);
            if (forward is not null)
            {
                yield return (
                    new StreamEnd(open, open.Connection, ack.Frame!.AgreedSessionId),
                    new StreamEnd(forward, forward.Connection, forward.Frame!.NegotiateId));
            }
        }
    }

    // The original says nothing when it cannot open a stream, or says it where its own client cannot hear it, so that the opener waits for an end that
    // never comes. Here the answer carries the error and the end of the stream follows at once.
    private static void RefusedStreamEndsAtOnce(List<ReplayStep> steps, string error)
    {
        var at = steps.FindIndex(step => step is { Kind: StepKind.Receive, Frame.Type: FrameType.SessionAck });
        var ack = steps[at];
        steps[at] = ack with { ExpectedError = error };
        var end = steps.Find(step => step.Is(StepKind.Receive, FrameType.Dismiss, ack.Frame!.AgreedSessionId))!;
        steps.Remove(end);
        steps.Insert(at + 1, end with { Microseconds = ack.Microseconds, ExpectedError = error });
    }

    // The service starts to close and then an edge goes: the original still sends the event into the closing connection, where nobody answers it.
    private static void ClosingServiceHearsNothing(List<ReplayStep> steps)
    {
        var closing = steps.Find(step => step is { Side: PeerSide.Service } && step.Is(StepKind.Receive, FrameType.DismissAck, GoFrame.Root));
        var goesAway = steps.FindIndex(step => step is { Side: PeerSide.Edge, Kind: StepKind.Send, Frame.Type: FrameType.DisConn });
        steps[goesAway] = steps[goesAway] with { After = closing };
        steps.RemoveAll(step => step is { Kind: StepKind.Receive, Frame: { Type: FrameType.Request, Method: "edge_offline" } });
    }

    // The original ends both directions of a stream when one end closes; here each direction ends when its sender ends it. So the end that closes
    // first gets its own Dismiss when the other end has closed, too, and not at once.
    private static void DirectionsEndSeparately(List<ReplayStep> steps, StreamEnd opener, StreamEnd acceptor)
    {
        var first = steps.Find(step => opener.Is(step, StepKind.Send, FrameType.Dismiss) || acceptor.Is(step, StepKind.Send, FrameType.Dismiss));
        if (first is null)
        {
            return;
        }

        var (closer, other) = first.Connection == opener.Connection ? (opener, acceptor) : (acceptor, opener);
        var own = steps.Find(step => closer.Is(step, StepKind.Receive, FrameType.Dismiss));
        var othersEnd = steps.FindIndex(step => other.Is(step, StepKind.Send, FrameType.Dismiss));
        if (own is null || othersEnd < 0 || steps.IndexOf(own) > othersEnd)
        {
            return;
        }

        var answer = steps.Find(step => step is { Kind: StepKind.Send, Frame.Type: FrameType.DismissAck } && step.Connection == own.Connection && step.Frame.PacketId == own.Frame!.PacketId);
        foreach (var late in new[] { answer, own }.OfType<ReplayStep>())
        {
            steps.Remove(late);
            steps.Insert(steps.FindIndex(step => other.Is(step, StepKind.Send, FrameType.Dismiss)) + 1, late with { Microseconds = steps[othersEnd - 1].Microseconds });
        }
    }
}

/// <summary>One end of a recorded stream.</summary>
/// <param name="Session">The Session frame that asked for it, on this end's connection.</param>
/// <param name="Connection">The connection.</param>
/// <param name="SessionId">The session's id there.</param>
internal sealed record StreamEnd(ReplayStep Session, int Connection, ulong SessionId)
{
    public bool Is(ReplayStep step, StepKind kind, FrameType type) => step.Connection == Connection && step.Is(kind, type, SessionId);
}

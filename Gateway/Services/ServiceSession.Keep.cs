using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.Gateway;

internal sealed partial class ServiceSession
{
    // Of what a service calls so when it agreed on the feature "keep": timeToLive(8, milliseconds) topicLength(2) topic payload.
    private const int KeepHeaderLength = 10;

    private static readonly byte[] KeepKey = Base64Text.Encode("keep_for_edge"u8);

    private bool IsKeep(FrameType type, in MessageBody body) =>
        type == FrameType.Request
        && (PeerFeatures & PeerFeatures.Keep) != 0
        && (body.IsBinary ? body.Key.SequenceEqual("keep_for_edge"u8) : body.Key.SequenceEqual(KeepKey));

    // A message that may wait for its edge. Answered with its id when it waits, with nothing when the edge has acknowledged it.
    private void KeepForEdge(ulong packetId, in MessageBody body, ulong edgeId) =>
        ForwardThroughGrain(FrameType.Request, packetId, body, async forward =>
        {
            var mail = ReadMail(forward) ?? throw new FrontierException(FrontierErrorCode.Protocol, "keep_for_edge: not time to live, topic and payload");
            return new CallResult(Encoding.ASCII.GetBytes(await Gateway.Grains.GetEdgeMail(edgeId).PublishAsync(mail)), default);
        });

    private EdgeMail? ReadMail(GrainForward forward)
    {
        ReadOnlyMemory<byte> payload = forward.Payload;
        if (payload.Length < KeepHeaderLength)
        {
            return null;
        }

        var timeToLive = BinaryPrimitives.ReadInt64BigEndian(payload.Span);
        var topic = BinaryPrimitives.ReadUInt16BigEndian(payload.Span[sizeof(long)..]);
        if (payload.Length - KeepHeaderLength < topic
            || topic > Options.MaxNameBytes
            || !Utf8.IsValid(payload.Span.Slice(KeepHeaderLength, topic))
            || timeToLive <= 0
            || timeToLive > (long)TimeSpan.MaxValue.TotalMilliseconds)
        {
            return null;
        }

        return new EdgeMail(
            Encoding.UTF8.GetString(payload.Span.Slice(KeepHeaderLength, topic)),
            payload[(KeepHeaderLength + topic)..],
            forward.Custom.AsMemory(0, forward.Custom.Length - sizeof(ulong)), // Behind it stands the edge's id.
            TimeSpan.FromMilliseconds(timeToLive),
            ServiceId,
            Name);
    }
}

using System.Buffers;
using System.Text;
using Frontier.Benchmarks;
using Frontier.Protocol;

namespace Frontier.Gateway.Tests.Support;

/// <summary>A peer of a <see cref="SoloGateway"/>, played by hand. Reading waits for half a minute at most: what is never answered fails the test.</summary>
internal sealed class SoloPeer(PeerEnd peer)
{
    private readonly Dictionary<ulong, string> _answers = [];

    /// <summary>Frames that came and are no answers, as they are: type, packet id and body.</summary>
    public List<(FrameType Type, ulong PacketId, byte[] Body)> Received { get; } = [];

    /// <summary>What the gateway says to the login.</summary>
    public (bool Accepted, ulong Id, string Error) ReadConnAck()
    {
        (bool, ulong, string) result = default;
        peer.Read(1, (in Frame frame) =>
        {
            Assert.That(frame.Type, Is.EqualTo(FrameType.ConnAck));
            var ack = ConnBody.ParseConnAck(frame.Body.ToArray());
            result = (ack.Accepted, ack.ClientId, JsonText.Decode(ack.Error, ack.ErrorEscaped));
        });
        return result;
    }

    /// <summary>Publishes messages at once.</summary>
    /// <returns>Their packet ids.</returns>
    public ulong[] Publish(IEnumerable<string> topics, TimeSpan? timeout = null)
    {
        var due = GoTime.FromUtcTicks(DateTime.UtcNow.Ticks + (timeout ?? TimeSpan.FromSeconds(25)).Ticks);
        List<ulong> ids = [];
        foreach (var topic in topics)
        {
            ids.Add(Write(FrameType.Message, new MessageBody
            {
                SessionId = GeminioConnection.RootSessionId,
                Value = Base64Text.Encode("payload"u8),
                Topic = JsonText.Escape(topic),
                Deadline = due,
            }));
        }

        peer.Flush();
        return [.. ids];
    }

    /// <summary>Calls a method.</summary>
    public ulong Call(string method, byte[] payload, byte[]? custom = null, TimeSpan? timeout = null)
    {
        var id = Write(FrameType.Request, new MessageBody
        {
            SessionId = GeminioConnection.RootSessionId,
            Key = Base64Text.Encode(Encoding.UTF8.GetBytes(method)),
            Value = Base64Text.Encode(payload),
            Custom = Base64Text.Encode(custom ?? []),
            Deadline = GoTime.FromUtcTicks(DateTime.UtcNow.Ticks + (timeout ?? TimeSpan.FromSeconds(25)).Ticks),
        });
        peer.Flush();
        return id;
    }

    /// <summary>Waits for the answer to a message or a call.</summary>
    /// <returns>The error; empty when it was taken.</returns>
    public string AnswerTo(ulong packetId)
    {
        string? answer;
        while (!_answers.Remove(packetId, out answer))
        {
            peer.Read(1, Take);
        }

        return answer;
    }

    /// <summary>Waits for frames of the gateway's own, and acknowledges the messages among them.</summary>
    public IReadOnlyList<(FrameType Type, ulong PacketId, byte[] Body)> Receive(int count)
    {
        while (Received.Count < count)
        {
            peer.Read(1, Take);
        }

        return Received;
    }

    /// <summary>Hangs up.</summary>
    public void Close() => peer.Close();

    private void Take(in Frame frame)
    {
        var body = frame.Body.ToArray();
        switch (frame.Type)
        {
            case FrameType.MessageAck or FrameType.Response:
                var parsed = MessageBody.Parse(body);
                Assert.That(_answers.TryAdd(frame.PacketId, JsonText.Decode(parsed.Error, parsed.ErrorEscaped)), "answered once");
                break;
            default:
                Received.Add((frame.Type, frame.PacketId, body));
                if (frame.Type == FrameType.Message)
                {
                    peer.Write(FrameTemplates.MessageAck(), frame.PacketId);
                    peer.Flush();
                }

                break;
        }
    }

    private ulong Write(FrameType type, in MessageBody body)
    {
        var bytes = new byte[body.GetLength()];
        body.Write(bytes);
        var id = peer.NextPacketId();
        peer.Write(FrameTemplates.Frame(type, bytes), id);
        return id;
    }
}

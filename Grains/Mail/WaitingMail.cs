using System.Buffers.Binary;
using System.Text;

namespace Frontier.Grains.Mail;

/// <summary>A message that waits for an edge, as it stands in a store: what the store has no place for goes in front of <c>custom</c>.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ExpiresAt">When it is too late for it.</param>
/// <param name="Mail">The message; its time to live says nothing here.</param>
internal sealed record WaitingMail(string Id, DateTimeOffset ExpiresAt, EdgeMail Mail)
{
    private const byte Format = 1;

    // format(1) expiresAt(8, milliseconds since 1970) sender(8) nameLength(4) topicLength(4)
    private const int HeaderLength = 25;

    /// <summary>The form for a store.</summary>
    public StoredMessage ToStored(ulong edgeId)
    {
        var name = Encoding.UTF8.GetByteCount(Mail.SenderName);
        var topic = Encoding.UTF8.GetByteCount(Mail.Topic);
        var bytes = new byte[HeaderLength + name + topic + Mail.Custom.Length];
        bytes[0] = Format;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), ExpiresAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(9), Mail.Sender);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(17), name);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(21), topic);
        Encoding.UTF8.GetBytes(Mail.SenderName, bytes.AsSpan(HeaderLength));
        Encoding.UTF8.GetBytes(Mail.Topic, bytes.AsSpan(HeaderLength + name));
        Mail.Custom.CopyTo(bytes.AsMemory(HeaderLength + name + topic));
        return new StoredMessage(Id, edgeId, Mail.Payload, bytes);
    }

    /// <summary>Reads the form of a store.</summary>
    /// <exception cref="FrontierException">A later version wrote it (<see cref="FrontierErrorCode.QueueUnavailable"/>).</exception>
    public static WaitingMail FromStored(StoredMessage stored)
    {
        var bytes = stored.Custom.Span;
        if (bytes.Length < HeaderLength || bytes[0] != Format)
        {
            throw new FrontierException(FrontierErrorCode.QueueUnavailable, $"message {stored.Id} is not of a form that this version knows");
        }

        var name = BinaryPrimitives.ReadInt32BigEndian(bytes[17..]);
        var topic = BinaryPrimitives.ReadInt32BigEndian(bytes[21..]);
        if (name < 0 || topic < 0 || bytes.Length - HeaderLength - name < topic)
        {
            throw new FrontierException(FrontierErrorCode.QueueUnavailable, $"message {stored.Id} is damaged");
        }

        return new WaitingMail(
            stored.Id,
            DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes[1..])),
            new EdgeMail(
                Encoding.UTF8.GetString(bytes.Slice(HeaderLength + name, topic)),
                stored.Payload,
                stored.Custom[(HeaderLength + name + topic)..],
                TimeSpan.Zero,
                BinaryPrimitives.ReadUInt64BigEndian(bytes[9..]),
                Encoding.UTF8.GetString(bytes.Slice(HeaderLength, name))));
    }
}

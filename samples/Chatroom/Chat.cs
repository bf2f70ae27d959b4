using System.Text;

namespace Frontier.Samples.Chatroom;

/// <summary>What the room and its members say to each other.</summary>
internal static class Chat
{
    /// <summary>The service's name.</summary>
    public const string ServiceName = "chatroom";

    /// <summary>Method of the room: the payload is the new member's name, the answer the names of all members, one a line.</summary>
    public const string Join = "join";

    /// <summary>Method of the room: the payload is what the member says.</summary>
    public const string Say = "say";

    /// <summary>Topic of messages to members: what somebody said, <c>NAME: LINE</c>.</summary>
    public const string Line = "line";

    /// <summary>Topic of messages to members: the name of somebody who joined.</summary>
    public const string Joined = "joined";

    /// <summary>Topic of messages to members: the name of somebody who left.</summary>
    public const string Left = "left";

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}

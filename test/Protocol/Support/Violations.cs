namespace Frontier.Protocol.Tests.Support;

internal static class Violations
{
    /// <summary>The rule that the action breaks; anything but a protocol violation fails the test.</summary>
    public static DisconnectReason ReasonOf(Action action) => Assert.Throws<ProtocolViolationException>(() => action())!.Reason;

    public static DisconnectReason OfMessage(string json) => ReasonOf(() => Message.ParseJson(json));

    public static DisconnectReason OfMessage(byte[] json) => ReasonOf(() => Message.Parse([.. Wire.Id(1), .. json]));
}

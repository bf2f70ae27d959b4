namespace Frontier.Gateway;

/// <summary>A Request or Message, decoded to be sent through a grain.</summary>
/// <param name="Method">The method's name in UTF-8; empty for messages.</param>
/// <param name="Topic">The topic; empty for calls.</param>
/// <param name="Payload">The payload.</param>
/// <param name="Custom">The sender's <c>custom</c> bytes.</param>
/// <param name="Due">When the sender stops waiting, on the <see cref="Environment.TickCount64"/> clock in milliseconds.</param>
/// <param name="Trace">The trace that the sender's work belongs to; empty for none.</param>
internal sealed record GrainForward(byte[] Method, string Topic, byte[] Payload, byte[] Custom, long Due, byte[] Trace)
{
    /// <summary>How long the answer may still take.</summary>
    public TimeSpan Remaining => Deadlines.Remaining(Due);
}

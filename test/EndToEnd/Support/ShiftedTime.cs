namespace Frontier.EndToEnd.Tests.Support;

/// <summary>The clock of a machine that is set wrong. Time passes on it as on any other.</summary>
/// <param name="ahead">How far ahead it is.</param>
internal sealed class ShiftedTime(TimeSpan ahead) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
}

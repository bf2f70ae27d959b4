namespace Frontier.Grains.Tests.Support;

/// <summary>The real clock, which tests can set forward; timers keep real time.</summary>
internal sealed class SkippingClock : TimeProvider
{
    private long _skipped;

    public override long TimestampFrequency => System.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + new TimeSpan(Interlocked.Read(ref _skipped));

    public override long GetTimestamp() =>
        System.GetTimestamp() + (long)(new TimeSpan(Interlocked.Read(ref _skipped)).TotalSeconds * TimestampFrequency);

    public void Skip(TimeSpan time) => Interlocked.Add(ref _skipped, time.Ticks);
}

using System.Globalization;
using CsCheck;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Bodies;

[TestFixture]
public sealed class GoTimeTests
{
    [Test]
    public void A_time_is_written_the_way_it_was_read_and_as_long_as_it_said() =>
        Times.Any.Sample(
            time =>
            {
                var text = Times.Format(time);
                Assert.That(text, Has.Length.EqualTo(time.Length));
                Assert.That(text, Has.Length.LessThanOrEqualTo(GoTime.MaxLength));
                Assert.That(Times.Parse(text), Is.EqualTo(time));
                Assert.That(Times.Format(Times.Parse(text)), Is.EqualTo(text));
            },
            iter: 5000);

    [Test]
    public void A_time_means_what_DateTimeOffset_says_it_means() =>
        Gen.Select(Gen.DateTime[new DateTime(2, 1, 1), new DateTime(9998, 1, 1)], Gen.Int[-14 * 60, 14 * 60], Gen.Int[0, 7]).Sample(
            (local, offset, digits) =>
            {
                var time = new DateTimeOffset(local.Ticks, TimeSpan.FromMinutes(offset));
                var text = time.ToString("yyyy-MM-ddTHH:mm:ss" + (digits == 0 ? "" : "." + new string('f', digits)) + "zzz", CultureInfo.InvariantCulture);
                var expected = DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
                Assert.That(Times.Parse(text).UtcTicks, Is.EqualTo(expected.UtcTicks), text);
            },
            iter: 5000);

    [Test]
    public void Ticks_come_back_as_they_were() =>
        Gen.DateTime.Sample(
            time =>
            {
                var go = GoTime.FromUtcTicks(time.Ticks);
                Assert.That(go.UtcTicks, Is.EqualTo(time.Ticks));
                Assert.That(Times.Parse(Times.Format(go)).UtcTicks, Is.EqualTo(time.Ticks));
            },
            iter: 5000);

    [TestCase("0001-01-01T00:00:00Z")]
    [TestCase("9999-12-31T23:59:59.999999999Z")]
    [TestCase("2024-02-29T23:59:59Z")]
    [TestCase("2026-11-23T01:41:14.3Z")]
    [TestCase("2026-11-23T01:41:14.36Z")]
    [TestCase("2026-11-23T01:41:14.000000001Z")]
    [TestCase("2026-11-23T01:41:14.365790712+05:45")]
    [TestCase("2026-11-23T01:41:14-23:59")]
    [TestCase("0001-01-01T23:59:00+23:59")]
    public void What_Go_writes_is_written_back_byte_for_byte(string text) => Assert.That(Times.Format(Times.Parse(text)), Is.EqualTo(text));

    [TestCase("2026-11-23T01:41:14.500Z", "2026-11-23T01:41:14.5Z")]
    [TestCase("2026-11-23T01:41:14.0Z", "2026-11-23T01:41:14Z")]
    [TestCase("2026-11-23T01:41:14+00:00", "2026-11-23T01:41:14Z")]
    [TestCase("2026-11-23t01:41:14z", "2026-11-23T01:41:14Z")]
    public void Other_forms_of_RFC_3339_are_read_and_written_as_Go_would(string text, string written) => Assert.That(Times.Format(Times.Parse(text)), Is.EqualTo(written));

    [TestCase("")]
    [TestCase("Z")]
    [TestCase("2026-11-23T01:41:14")]
    [TestCase("2026-11-23 01:41:14Z")]
    [TestCase("2026-11-23T01:41:14.Z")]
    [TestCase("2026-11-23T01:41:14.1234567890Z")]
    [TestCase("2026-11-23T01:41:14.12x")]
    [TestCase("2026-11-23T01:41:14.123456789")]
    [TestCase("2026-11-23T01:41:14ZZ")]
    [TestCase("2026-11-23T01:41:14+1:00")]
    [TestCase("2026-11-23T01:41:14+0100")]
    [TestCase("2026-11-23T01:41:14+24:00")]
    [TestCase("2026-11-23T01:41:14+01:60")]
    [TestCase("2026-11-23T01:41:14+01:0x")]
    [TestCase("2026-11-23T24:00:00Z")]
    [TestCase("2026-11-23T23:60:00Z")]
    [TestCase("2026-11-23T23:59:60Z")]
    [TestCase("2026-11-31T00:00:00Z")]
    [TestCase("2026-02-29T00:00:00Z")]
    [TestCase("2026-00-01T00:00:00Z")]
    [TestCase("2026-01-00T00:00:00Z")]
    [TestCase("0000-01-01T00:00:00Z")]
    [TestCase("-001-01-01T00:00:00Z")]
    [TestCase("20x6-01-01T00:00:00Z")]
    [TestCase("２０２６-01-01T00:00:00Z")]
    [TestCase("0001-01-01T00:00:00+00:01")]
    [TestCase("9999-12-31T23:59:59-00:01")]
    public void What_is_no_time_is_refused(string text) => Assert.That(Times.IsTime(text), Is.False);

    [Test]
    public void Arbitrary_bytes_are_a_time_or_none_but_never_an_exception() =>
        Gen.Select(Times.Any, Gen.Int[0, 34], Gen.Byte, Gen.Int[0, 35]).Sample(
            (time, at, value, length) =>
            {
                var text = new byte[GoTime.MaxLength];
                var written = time.Format(text);
                text[at] = value;
                if (GoTime.TryParse(text.AsSpan(0, Math.Min(length, written)), out var read))
                {
                    Assert.That(Times.Parse(Times.Format(read)), Is.EqualTo(read));
                }
            },
            iter: 10_000);

    [Test]
    public void The_default_is_Gos_zero_time()
    {
        Assert.That(Times.Format(default), Is.EqualTo("0001-01-01T00:00:00Z"));
        Assert.That(Times.Parse("0001-01-01T00:00:00Z"), Is.EqualTo(default(GoTime)));
        Assert.That(Times.Parse("0001-01-01T00:00:00Z").IsZero);
        Assert.That(Times.Parse("0001-01-01T08:00:00+08:00").IsZero);
        Assert.That(Times.Parse("0001-01-01T00:00:00.000000001Z").IsZero, Is.False);
    }
}

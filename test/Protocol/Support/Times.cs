using CsCheck;

namespace Frontier.Protocol.Tests.Support;

internal static class Times
{
    /// <summary>Any time that can be written, zero and with an offset included.</summary>
    public static readonly Gen<GoTime> Any = Gen.Frequency(
        (1, Gen.Const(default(GoTime))),
        (2, Gen.DateTime.Select(time => GoTime.FromUtcTicks(time.Ticks))),
        (2, Gen.Select(Gen.DateTime[new DateTime(2, 1, 1), new DateTime(9998, 1, 1)], Gen.Int[0, 999_999_999], Gen.Int[-1439, 1439]).Select(Parsed)));

    public static GoTime Parse(string text) =>
        GoTime.TryParse(Wire.Utf8(text), out var time) ? time : throw new ArgumentException($"not a time: {text}");

    public static bool IsTime(string text) => GoTime.TryParse(Wire.Utf8(text), out _);

    public static string Format(GoTime time)
    {
        var text = new byte[GoTime.MaxLength];
        return Wire.Text(text.AsSpan(0, time.Format(text)));
    }

    private static GoTime Parsed(DateTime local, int nanos, int offset)
    {
        var fraction = nanos == 0 ? "" : $".{nanos:d9}".TrimEnd('0');
        var zone = offset == 0 ? "Z" : $"{(offset < 0 ? '-' : '+')}{Math.Abs(offset) / 60:d2}:{Math.Abs(offset) % 60:d2}";
        return Parse($"{local:yyyy-MM-ddTHH:mm:ss}{fraction}{zone}");
    }
}

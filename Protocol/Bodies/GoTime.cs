using System.Runtime.CompilerServices;

namespace Frontier.Protocol;

/// <summary>
/// A time as Go's encoding/json writes it: RFC 3339 with nanoseconds, trailing zeros of the fraction cut, and the offset it was written with.
/// Keeps every digit, so that a time read is written back byte for byte. The default value is Go's zero time.
/// </summary>
public readonly struct GoTime : IEquatable<GoTime>
{
    /// <summary>The longest text: date, time, nine digits of fraction, offset.</summary>
    public const int MaxLength = 35;

    private const long TicksPerSecond = TimeSpan.TicksPerSecond;
    private const long NanosPerSecond = 1_000_000_000;

    // 1970-01-01 in seconds since the year 1.
    private const long UnixEpochSeconds = 62_135_596_800;
    private readonly long _seconds;
    private readonly int _nanos;
    private readonly short _offsetMinutes;

    private GoTime(long seconds, int nanos, short offsetMinutes)
    {
        _seconds = seconds;
        _nanos = nanos;
        _offsetMinutes = offsetMinutes;
    }

    /// <summary>True for Go's zero time, 0001-01-01T00:00:00Z, which stands for "not set".</summary>
    public bool IsZero => _seconds == 0 && _nanos == 0;

    /// <summary>The time in UTC, as .NET ticks: 100 ns, rounded down.</summary>
    public long UtcTicks => (_seconds * TicksPerSecond) + (_nanos / 100);

    /// <summary>The length of the text <see cref="Format"/> writes.</summary>
    public int Length
    {
        get
        {
            var length = _offsetMinutes == 0 ? 20 : 25;
            if (_nanos == 0)
            {
                return length;
            }

            var digits = 9;
            var rest = _nanos;
            while (rest % 10 == 0)
            {
                rest /= 10;
                digits--;
            }

            return length + 1 + digits;
        }
    }

    /// <summary>The time at the given .NET UTC ticks.</summary>
    public static GoTime FromUtcTicks(long ticks) => new(ticks / TicksPerSecond, (int)(ticks % TicksPerSecond) * 100, 0);

    /// <summary>The time at a number of nanoseconds since 1970-01-01T00:00:00Z; never the zero time.</summary>
    public static GoTime FromUnixNanoseconds(long nanoseconds)
    {
        var (seconds, nanos) = Math.DivRem(nanoseconds, NanosPerSecond);
        return nanos < 0
            ? new GoTime(seconds + UnixEpochSeconds - 1, (int)(nanos + NanosPerSecond), 0)
            : new GoTime(seconds + UnixEpochSeconds, (int)nanos, 0);
    }

    /// <summary>The time at a number of milliseconds since 1970-01-01T00:00:00Z.</summary>
    public static GoTime FromUnixMilliseconds(long milliseconds) =>
        FromUtcTicks(DateTime.UnixEpoch.Ticks + (milliseconds * TimeSpan.TicksPerMillisecond));

    /// <summary>The time so many milliseconds later, or earlier; nothing below a millisecond changes. Outside the years 1 to 9999 it stays what it is.</summary>
    public GoTime AddMilliseconds(long milliseconds)
    {
        if (milliseconds == 0)
        {
            return this;
        }

        var ticks = UtcTicks + (milliseconds * TimeSpan.TicksPerMillisecond);
        return ticks < TicksPerSecond || ticks > DateTime.MaxValue.Ticks
            ? this
            : new GoTime(ticks / TicksPerSecond, (int)(ticks % TicksPerSecond * 100) + (_nanos % 100), _offsetMinutes);
    }

    /// <summary>Nanoseconds since 1970-01-01T00:00:00Z; times outside 64 bits of them (1677 to 2262) become the nearest that is inside.</summary>
    public long ToUnixNanoseconds()
    {
        var nanoseconds = ((Int128)(_seconds - UnixEpochSeconds) * NanosPerSecond) + _nanos;
        return (long)Int128.Clamp(nanoseconds, long.MinValue, long.MaxValue);
    }

    /// <summary>The earlier of two times that are set; the one that is set when the other is not.</summary>
    public static GoTime Earlier(GoTime left, GoTime right) =>
        left.IsZero ? right : right.IsZero || left.UtcTicks <= right.UtcTicks ? left : right;

    /// <summary>Reads a time; false when the text is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out GoTime time)
    {
        // 2006-01-02T15:04:05[.999999999](Z|±07:00)
        time = default;
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || (text[10] | 0x20) != 't' || text[13] != ':' || text[16] != ':'
            || !TryDigits(text[..4], out var year) || !TryDigits(text[5..7], out var month) || !TryDigits(text[8..10], out var day)
            || !TryDigits(text[11..13], out var hour) || !TryDigits(text[14..16], out var minute) || !TryDigits(text[17..19], out var second)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        var rest = text[19..];
        var nanos = 0;
        if (rest[0] == '.')
        {
            var digits = 1;
            var scale = 100_000_000;
            while (digits < rest.Length && (uint)(rest[digits] - '0') <= 9)
            {
                nanos += (rest[digits] - '0') * scale;
                scale /= 10;
                digits++;
            }

            if (digits == 1 || digits > 10)
            {
                return false;
            }

            rest = rest[digits..];
        }

        short offset = 0;
        if (rest.Length != 1 || (rest[0] | 0x20) != 'z')
        {
            if (rest.Length != 6 || rest[0] is not ((byte)'+' or (byte)'-') || rest[3] != ':'
                || !TryDigits(rest[1..3], out var offsetHours) || !TryDigits(rest[4..6], out var offsetMinutes) || offsetHours > 23 || offsetMinutes > 59)
            {
                return false;
            }

            offset = (short)((offsetHours * 60) + offsetMinutes);
            if (rest[0] == '-')
            {
                offset = (short)-offset;
            }
        }

        var seconds = (new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks / TicksPerSecond) - (offset * 60L);
        if (seconds is < 0 or > 315_537_897_599)
        {
            return false; // Outside the years 1 to 9999 once the offset is taken off.
        }

        time = new GoTime(seconds, nanos, offset);
        return true;
    }

    /// <summary>Writes the time as Go does; returns the bytes written, at most <see cref="MaxLength"/>.</summary>
    public int Format(Span<byte> text)
    {
        var local = new DateTime((_seconds + (_offsetMinutes * 60L)) * TicksPerSecond, DateTimeKind.Utc);
        var (year, month, day) = DateOnly.FromDateTime(local);
        Write2(text, year / 100);
        Write2(text[2..], year % 100);
        text[4] = (byte)'-';
        Write2(text[5..], month);
        text[7] = (byte)'-';
        Write2(text[8..], day);
        text[10] = (byte)'T';
        var secondOfDay = (int)((_seconds + (_offsetMinutes * 60L)) % 86_400);
        Write2(text[11..], secondOfDay / 3600);
        text[13] = (byte)':';
        Write2(text[14..], secondOfDay / 60 % 60);
        text[16] = (byte)':';
        Write2(text[17..], secondOfDay % 60);
        var length = 19;
        if (_nanos != 0)
        {
            text[length++] = (byte)'.';
            var rest = _nanos;
            for (var scale = 100_000_000; rest != 0; scale /= 10)
            {
                text[length++] = (byte)('0' + (rest / scale));
                rest %= scale;
            }
        }

        if (_offsetMinutes == 0)
        {
            text[length++] = (byte)'Z';
            return length;
        }

        var offset = Math.Abs((int)_offsetMinutes);
        text[length++] = (byte)(_offsetMinutes < 0 ? '-' : '+');
        Write2(text[length..], offset / 60);
        text[length + 2] = (byte)':';
        Write2(text[(length + 3)..], offset % 60);
        return length + 5;
    }

    /// <inheritdoc/>
    public bool Equals(GoTime other) => _seconds == other._seconds && _nanos == other._nanos && _offsetMinutes == other._offsetMinutes;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GoTime other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_seconds, _nanos, _offsetMinutes);

    /// <summary>Whether two times are written the same.</summary>
    public static bool operator ==(GoTime left, GoTime right) => left.Equals(right);

    /// <summary>Whether two times are written differently.</summary>
    public static bool operator !=(GoTime left, GoTime right) => !left.Equals(right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write2(Span<byte> text, int value)
    {
        text[1] = (byte)('0' + (value % 10));
        text[0] = (byte)('0' + (value / 10));
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (var c in text)
        {
            if ((uint)(c - '0') > 9)
            {
                return false;
            }

            value = (value * 10) + (c - '0');
        }

        return true;
    }
}

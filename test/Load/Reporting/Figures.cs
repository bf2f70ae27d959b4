using System.Globalization;

namespace Frontier.Load;

/// <summary>Numbers as people read them.</summary>
internal static class Figures
{
    private const string Unknown = "–";

    /// <summary>Microseconds, in a unit that leaves three digits.</summary>
    public static string Time(double? microseconds) => microseconds switch
    {
        null => Unknown,
        < 10 => Text($"{microseconds:0.00} µs"),
        < 1000 => Text($"{microseconds:0.0} µs"),
        < 10_000 => Text($"{microseconds / 1000:0.00} ms"),
        < 1_000_000 => Text($"{microseconds / 1000:0.0} ms"),
        _ => Text($"{microseconds / 1_000_000:0.00} s"),
    };

    /// <summary>Bytes.</summary>
    public static string Bytes(double? bytes) => bytes switch
    {
        null => Unknown,
        < 1024 and > -1024 => Text($"{bytes:0} B"),
        < 1 << 20 and > -(1 << 20) => Text($"{bytes / 1024:0.0} KiB"),
        _ => Text($"{bytes / (1 << 20):N1} MiB"),
    };

    /// <summary>Something a second.</summary>
    public static string PerSecond(double? value) => value is null ? Unknown : Text($"{value:N0} /s");

    /// <summary>Bytes a second.</summary>
    public static string BytesPerSecond(double? value) => value is null ? Unknown : $"{Bytes(value)}/s";

    /// <summary>A count.</summary>
    public static string Count(double? value) => value is null ? Unknown : Text($"{value:N0}");

    /// <summary>Cores.</summary>
    public static string Cores(double? value) => value is null ? Unknown : Text($"{value:0.00}");

    /// <summary>A ratio.</summary>
    public static string Ratio(double? value) => value is null ? Unknown : Text($"{value:0.00} ×");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

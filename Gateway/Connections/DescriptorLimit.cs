using System.Globalization;

namespace Frontier.Gateway;

/// <summary>How many connections the process can hold before it runs out of file descriptors, which the runtime does not survive.</summary>
internal static class DescriptorLimit
{
    // What is not a connection: libraries, logs, epoll, Orleans, HTTP. An idle host uses about 200.
    private const int Reserve = 512;

    /// <summary>The most connections for a wish: fewer when the process's limit of descriptors does not allow as many.</summary>
    /// <param name="wanted">What the configuration allows.</param>
    /// <param name="limits">The text of <c>/proc/self/limits</c>; null where there is none.</param>
    public static int Cap(int wanted, string? limits) =>
        Parse(limits) is { } descriptors ? (int)Math.Min(wanted, Math.Max(1, descriptors - Reserve)) : wanted;

    /// <summary>The text of <c>/proc/self/limits</c>; null where there is none.</summary>
    public static string? Read() => File.Exists("/proc/self/limits") ? File.ReadAllText("/proc/self/limits") : null;

    // Max open files            20000                20000                files
    private static long? Parse(string? limits)
    {
        var line = limits?.Split('\n').FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        return line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..]
            && long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptors)
            ? descriptors
            : null;
    }
}

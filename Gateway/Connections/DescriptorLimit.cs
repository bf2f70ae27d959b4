using System.Globalization;

namespace Frontier.Gateway;

/// <summary>The process's file descriptors, as the system tells.</summary>
internal static class DescriptorLimit
{
    private const string Descriptors = "/proc/self/fd";

    /// <summary>How many the process may have; null where that is not known or there is no limit.</summary>
    public static long? OfThisProcess() => File.Exists("/proc/self/limits") ? Parse(File.ReadAllText("/proc/self/limits")) : null;

    /// <summary>Counts those that are open; null where that cannot be done.</summary>
    public static Func<int>? Counter() => Directory.Exists(Descriptors) ? () => Directory.EnumerateFileSystemEntries(Descriptors).Count() : null;

    /// <summary>Reads the limit from the text of <c>/proc/self/limits</c>.</summary>
    public static long? Parse(string limits)
    {
        // Max open files            20000                20000                files
        var line = limits.Split('\n').FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        return line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..]
            && long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptors)
            ? descriptors
            : null;
    }
}

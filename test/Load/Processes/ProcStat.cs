using System.Globalization;

namespace Frontier.Load;

/// <summary>Reads what Linux says about a process.</summary>
internal static class ProcStat
{
    private static readonly double SecondsPerTick = 1.0 / Math.Max(1, (long)Native.SystemValue(Native.ClockTicks));

    /// <summary>CPU seconds of all threads of a process, those that have ended included, from the text of <c>/proc/PID/stat</c>.</summary>
    /// <param name="stat">The text.</param>
    /// <param name="secondsPerTick">What a tick is.</param>
    public static double ParseCpuSeconds(string stat, double secondsPerTick)
    {
        // The name, in parentheses, may itself hold spaces and parentheses; utime and stime are fields 14 and 15, and the name is field 2.
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return ticks * secondsPerTick;
    }

    /// <summary>CPU seconds that the machine was not idle, those that its host took included, from the text of <c>/proc/stat</c>.</summary>
    /// <param name="stat">The text.</param>
    /// <param name="secondsPerTick">What a tick is.</param>
    public static double ParseBusySeconds(string stat, double secondsPerTick)
    {
        // cpu user nice system idle iowait irq softirq steal guest guest_nice; what guests used is also in user and nice.
        var fields = stat[..stat.IndexOf('\n')].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new[] { 1, 2, 3, 6, 7, 8 }.Sum(field => long.Parse(fields[field], CultureInfo.InvariantCulture)) * secondsPerTick;
    }

    /// <summary>Resident bytes from the text of <c>/proc/PID/status</c>; 0 when it says nothing, as for a process that has ended.</summary>
    public static long ParseResidentBytes(string status)
    {
        foreach (var line in status.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("VmRSS:"))
            {
                var value = line["VmRSS:".Length..].Trim();
                return long.Parse(value[..value.IndexOf(' ')], CultureInfo.InvariantCulture) * 1024;
            }
        }

        return 0;
    }

    /// <summary>The most descriptors a process may hold, from the text of <c>/proc/PID/limits</c>; null when there is no limit.</summary>
    public static long? ParseDescriptorLimit(string limits)
    {
        foreach (var line in limits.Split('\n'))
        {
            if (line.StartsWith("Max open files", StringComparison.Ordinal))
            {
                var fields = line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                return long.TryParse(fields[0], CultureInfo.InvariantCulture, out var limit) ? limit : null;
            }
        }

        return null;
    }

    /// <summary>CPU seconds of a process.</summary>
    /// <exception cref="LoadException">There is no such process.</exception>
    public static double CpuSeconds(int process) => ParseCpuSeconds(Read(process, "stat"), SecondsPerTick);

    /// <summary>CPU seconds that the machine was not idle.</summary>
    public static double MachineBusySeconds() => ParseBusySeconds(File.ReadAllText("/proc/stat"), SecondsPerTick);

    /// <summary>Resident bytes of a process.</summary>
    /// <exception cref="LoadException">There is no such process.</exception>
    public static long ResidentBytes(int process) => ParseResidentBytes(Read(process, "status"));

    /// <summary>How many descriptors a process holds and may hold; null when this user may not know.</summary>
    public static (int Held, long Limit)? Descriptors(int process)
    {
        try
        {
            return ParseDescriptorLimit(Read(process, "limits")) is { } limit
                ? (Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count(), limit)
                : null;
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            return null;
        }
    }

    private static string Read(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new LoadException($"process {process} is not there any more, or not to be read");
        }
    }
}

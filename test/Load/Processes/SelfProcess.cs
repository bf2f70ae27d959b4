using System.Diagnostics;

namespace Frontier.Load;

/// <summary>This program once more, as a process of its own.</summary>
internal static class SelfProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Starts it; its output is read by the caller, its errors go where ours go.</summary>
    public static Process Start(IEnumerable<string> arguments, bool redirectInput, IReadOnlyDictionary<string, string>? environment = null)
    {
        // By the runtime's own name: under `dotnet run` and in tests this process is another program.
        var start = new ProcessStartInfo("dotnet", [typeof(SelfProcess).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = redirectInput,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new LoadException("a process could not be started");
    }

    /// <summary>Waits for its end, which was asked for, and enforces it.</summary>
    public static async Task EndAsync(Process process)
    {
        using (process)
        {
            try
            {
                await process.WaitForExitAsync().WaitAsync(Patience);
            }
            catch (TimeoutException)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}

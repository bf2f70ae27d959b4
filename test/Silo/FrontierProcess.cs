using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Frontier.Silo.Tests;

/// <summary>The program as a process of its own.</summary>
internal sealed class FrontierProcess : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _error = new();
    private readonly SemaphoreSlim _newLine = new(0);

    public FrontierProcess(params string[] args)
        : this(readsOutput: true, args)
    {
    }

    private FrontierProcess(bool readsOutput, string[] args, int? descriptors = null)
    {
        // A shell starts background jobs with SIGINT ignored, and a process inherits that: not from the test's own.
        var start = new ProcessStartInfo(
            "env",
            [
                "--default-signal=INT,TERM",
                .. descriptors is null ? (string[])[] : ["prlimit", $"--nofile={descriptors}:{descriptors}"],
                "dotnet", typeof(FrontierHost).Assembly.Location, .. args,
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_error, line.Data);
        _process.Start();
        if (readsOutput)
        {
            _process.BeginOutputReadLine();
        }

        _process.BeginErrorReadLine();
    }

    /// <summary>A process whose standard output nobody reads, but for <see cref="ReadUntilAsync"/>.</summary>
    public static FrontierProcess WithUnreadOutput(params string[] args) => new(readsOutput: false, args);

    /// <summary>A process that may have so many file descriptors.</summary>
    public static FrontierProcess WithDescriptors(int descriptors, params string[] args) => new(readsOutput: true, args, descriptors);

    /// <summary>Reads lines up to one that contains something, and returns that one.</summary>
    public async Task<string> ReadUntilAsync(string part)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (await _process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
        {
            if (line.Contains(part, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"The process ended before it wrote: {part}");
    }

    public IReadOnlyList<string> Output => [.. _output];

    public IReadOnlyList<string> Error => [.. _error];

    public async Task WaitForLineAsync(string part)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!_output.Concat(_error).Any(line => line.Contains(part, StringComparison.Ordinal)))
        {
            await _newLine.WaitAsync(deadline.Token);
        }
    }

    public void Signal(string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async Task<int> WaitForExitAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
        _newLine.Dispose();
    }

    private void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
            _newLine.Release();
        }
    }
}

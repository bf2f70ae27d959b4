using System.Diagnostics;
using System.Globalization;

namespace Frontier.Samples.Tests;

/// <summary>A program as a process of its own, with what it prints.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly SemaphoreSlim _newLine = new(0);
    private readonly string _name;

    /// <summary>Starts it.</summary>
    /// <param name="name">The program's assembly, beside the test's own.</param>
    /// <param name="args">Its command line.</param>
    public RunningProgram(string name, params string[] args)
    {
        _name = name;
        var assembly = Path.Combine(AppContext.BaseDirectory, $"{name}.dll");
        // A shell starts background jobs with SIGINT ignored, and a process inherits that: not from the test's own.
        var start = new ProcessStartInfo("env", ["--default-signal=INT,TERM", "dotnet", assembly, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it printed, on both streams.</summary>
    public string Output
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Waits until it prints something.</summary>
    public async Task<string> PrintsAsync(string part)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            while (true)
            {
                lock (_lines)
                {
                    if (_lines.Find(line => line.Contains(part, StringComparison.Ordinal)) is { } found)
                    {
                        return found;
                    }
                }

                Assert.That(_process.HasExited, Is.False, $"{_name} ended before it printed \"{part}\":\n{Output}");
                await _newLine.WaitAsync(TimeSpan.FromMilliseconds(200), deadline.Token);
            }
        }
        catch (OperationCanceledException)
        {
            throw new AssertionException($"{_name} did not print \"{part}\":\n{Output}");
        }
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndsAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    /// <summary>Asks it to end, as Ctrl+C does.</summary>
    public async Task<int> InterruptAsync()
    {
        using var kill = Process.Start("kill", ["-s", "INT", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        return await EndsAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _newLine.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }

            _newLine.Release();
        }
    }
}

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
    /// <param name="folder">The program's project, from the root of the repository.</param>
    /// <param name="args">Its command line.</param>
    public RunningProgram(string folder, params string[] args)
    {
        _name = folder;
        var assembly = PathOf(folder);
        // A shell starts background jobs with SIGINT ignored, and a process inherits that: not from the test's own.
        var start = new ProcessStartInfo("env", ["--default-signal=INT,TERM", "dotnet", assembly, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(assembly), // Where its own settings are, if it has any.
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

    /// <summary>Ends it without asking.</summary>
    public void Kill() => _process.Kill();

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

    // Built in the same configuration as the tests: …/test/Samples/bin/CONFIGURATION/FRAMEWORK/ here, …/FOLDER/bin/CONFIGURATION/FRAMEWORK/ there.
    private static string PathOf(string folder)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var root = here.Parent!.Parent!.Parent!.Parent!.Parent!;
        var output = Path.Combine(root.FullName, folder, "bin", here.Parent.Name, here.Name);
        return Directory.GetFiles(output, "*.runtimeconfig.json") is [var config]
            ? config.Replace(".runtimeconfig.json", ".dll", StringComparison.Ordinal)
            : throw new InvalidOperationException($"There is no program in {output}.");
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

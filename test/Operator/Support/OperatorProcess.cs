using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Frontier.Operator.Tests.Support.ApiServer;

namespace Frontier.Operator.Tests.Support;

/// <summary>The operator as it is shipped, in a process of its own, with a kubeconfig that leads to a test's API server.</summary>
internal sealed partial class OperatorProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _kubeconfig;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly TaskCompletionSource<string> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HttpClient _http = new();

    private OperatorProcess(FakeApiServer server, string[] arguments)
    {
        _kubeconfig = Path.Combine(Path.GetTempPath(), $"frontier-operator-{Guid.NewGuid():N}.yaml");
        File.WriteAllText(_kubeconfig, $"""
            apiVersion: v1
            kind: Config
            current-context: test
            clusters:
              - name: test
                cluster: {"{"} server: "{server.Url}" {"}"}
            contexts:
              - name: test
                context: {"{"} cluster: test, user: test, namespace: default {"}"}
            users:
              - name: test
                user: {"{"} token: test {"}"}
            """);
        var start = new ProcessStartInfo("dotnet",
        [
            typeof(OperatorCommand).Assembly.Location, "--kubeconfig", _kubeconfig, "--health-port", "0", // Long enough for a machine that stalls, short enough to wait for.
            "--lease-duration", "8",
            "--frontier-image", "frontier:test", "--frontlas-image", "frontlas:test", .. arguments,
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public IReadOnlyList<string> Log => [.. _log];

    public bool HasExited => _process.HasExited;

    public static OperatorProcess Start(FakeApiServer server, params string[] arguments) => new(server, arguments);

    /// <summary>Asks it something over HTTP.</summary>
    public async Task<(int Status, string Body)> GetAsync(string path)
    {
        var address = await _listening.Task.InTime();
        using var response = await _http.GetAsync(new Uri(address.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal) + path));
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public Task LeadsAsync() => Eventually.HoldsAsync(() => Log.Any(line => line.Contains(" leads", StringComparison.Ordinal) && !line.Contains("waiting", StringComparison.Ordinal)), "it leads");

    /// <summary>Ends it as Kubernetes does.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> TerminateAsync()
    {
        _ = SendSignal(_process.Id, 15);
        return await ExitAsync();
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync();
    }

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().InTime();
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
        {
            TestContext.Out.WriteLine(string.Join('\n', Log));
        }

        _process.Dispose();
        _http.Dispose();
        File.Delete(_kubeconfig);
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        _log.Enqueue(line);
        if (Address().Match(line) is { Success: true } match)
        {
            _listening.TrySetResult(match.Groups["url"].Value);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);

    [GeneratedRegex("Health and metrics on (?<url>http://[^ ,]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Address();
}

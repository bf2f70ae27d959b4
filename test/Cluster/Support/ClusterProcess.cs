using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Frontier.Silo;

namespace Frontier.Cluster.Tests.Support;

/// <summary>One process of the cluster: the program as it is shipped, on ports of its own. A restart takes the same ports again.</summary>
internal sealed partial class ClusterProcess : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _log = new();
    private readonly Dictionary<string, string> _keys;
    private Process? _process;
    private Task _exited = Task.CompletedTask;
    private TaskCompletionSource<Match> _up = new();

    public ClusterProcess(string name, string roles, ProcessHost host, IEnumerable<(string Key, string Value)> keys)
    {
        Name = name;
        Host = host;
        var anyPort = $"{host.Address}:0";
        _keys = new Dictionary<string, string>
        {
            ["cluster:roles"] = roles,
            ["cluster:listen_addr"] = host.Address.ToString(),
            ["daemon:frontier_id"] = name,
            ["log:level"] = "debug",
            ["Logging:LogLevel:Orleans"] = "Warning",
            ["servicebound:listen:addr"] = anyPort,
            ["edgebound:listen:addr"] = anyPort,
            ["controlplane:listen:addr"] = anyPort,
            ["control_plane:listen:addr"] = anyPort,
            ["observability:addr"] = anyPort,
        };
        foreach (var (key, value) in keys)
        {
            _keys[key] = value;
        }
    }

    /// <summary>The id it is configured with.</summary>
    public string Name { get; }

    /// <summary>Where it runs.</summary>
    public ProcessHost Host { get; }

    /// <summary>Where services connect. Known once it is up.</summary>
    public int ServicePort { get; private set; }

    /// <summary>Where edges connect.</summary>
    public int EdgePort { get; private set; }

    /// <summary>The control plane.</summary>
    public int ControlPort { get; private set; }

    /// <summary>The Frontlas façade.</summary>
    public int FrontlasPort { get; private set; }

    /// <summary>Health and metrics.</summary>
    public int ObservabilityPort { get; private set; }

    /// <summary>Orleans, for the other processes.</summary>
    public int SiloPort { get; private set; }

    public int ProcessId => _process!.Id;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Everything it wrote, of all its lives.</summary>
    public IReadOnlyList<string> Log => [.. _log];

    /// <summary>Starts it; returns at once.</summary>
    public void Start()
    {
        _up = new TaskCompletionSource<Match>(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = Host.Start("dotnet", [typeof(FrontierHost).Assembly.Location, .. _keys.Select(key => $"--{key.Key}={key.Value}")]);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        // Several runtimes share the machine: each keeps to few threads, and none of them leaves diagnostics sockets behind when it is killed.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _exited = _process.WaitForExitAsync();
    }

    /// <summary>Waits until its listeners are open.</summary>
    public async Task WaitUntilUpAsync()
    {
        if (await Task.WhenAny(_up.Task, _exited).WaitAsync(Eventually.Deadline) != _up.Task && !_up.Task.IsCompleted)
        {
            throw new AssertionException($"{Name} ended with exit code {_process!.ExitCode} instead of starting.{Environment.NewLine}{string.Join(Environment.NewLine, _log)}");
        }

        var ports = (await _up.Task).Groups;
        ServicePort = Port("services", "servicebound:listen:addr");
        EdgePort = Port("edges", "edgebound:listen:addr");
        ControlPort = Port("control", "controlplane:listen:addr");
        FrontlasPort = Port("frontlas", "control_plane:listen:addr");
        ObservabilityPort = Port("health", "observability:addr");
        SiloPort = Port("silo", null);

        int Port(string group, string? key)
        {
            if (!ports[group].Success)
            {
                return 0;
            }

            if (key is not null)
            {
                _keys[key] = $"{Host.Address}:{ports[group].Value}"; // So that a restart takes the same one.
            }

            return int.Parse(ports[group].Value, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Waits until it says that it is ready.</summary>
    public async Task WaitUntilReadyAsync()
    {
        await WaitUntilUpAsync();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var readyz = $"http://{Host.Address}:{ObservabilityPort}/readyz";
        await Eventually.HoldsAsync(async () => (await http.GetAsync(readyz)).IsSuccessStatusCode, $"{Name} is ready");
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        Signal("KILL");
        await _exited.InTime();
    }

    /// <summary>Stops it in its tracks; its sockets stay open and nothing answers.</summary>
    public void Pause() => Signal("STOP");

    /// <summary>Goes on after <see cref="Pause"/>.</summary>
    public void Resume() => Signal("CONT");

    /// <summary>SIGTERM; gives the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        Signal("TERM");
        return await WaitForExitAsync();
    }

    /// <summary>Waits for its end and gives the exit code.</summary>
    public async Task<int> WaitForExitAsync()
    {
        await _exited.InTime();
        return _process!.ExitCode;
    }

    /// <summary>Waits for a line of its log.</summary>
    public Task WaitForLogAsync(string part) =>
        Eventually.HoldsAsync(() => _log.Any(line => line.Contains(part, StringComparison.Ordinal)), $"{Name} logs \"{part}\"");

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            Signal("KILL"); // Ends a paused process, too.
            await _exited;
        }

        _process?.Dispose();
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        _log.Enqueue(line);
        if (UpLine().Match(line) is { Success: true } up)
        {
            _up.TrySetResult(up);
        }
    }

    // What the program says once, when everything listens.
    [GeneratedRegex(
        @" is up: services on (off|\S+:(?<services>\d+)), edges on (off|\S+:(?<edges>\d+)), control plane on (off|\S+:(?<control>\d+)), "
        + @"Frontlas on (off|\S+:(?<frontlas>\d+)), health and metrics on (off|\S+:(?<health>\d+)), Orleans on \S+:(?<silo>\d+) \(silo\)",
        RegexOptions.ExplicitCapture)]
    private static partial Regex UpLine();
}

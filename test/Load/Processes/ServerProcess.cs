using System.Collections.Concurrent;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Frontier.Load;

/// <summary>A server that the tool started and stops.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private const int KeptLines = 20;
    private const string SetSession = "/usr/bin/setsid";

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(40);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<Match> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Process process) => _process = process;

    /// <summary>The process.</summary>
    public int Id => _process.Id;

    /// <summary>Where it listens for services.</summary>
    public IPEndPoint ServiceAddress { get; private set; } = null!;

    /// <summary>Where it listens for edges.</summary>
    public IPEndPoint EdgeAddress { get; private set; } = null!;

    /// <summary>Its metrics page; null when it does not say.</summary>
    public Uri? MetricsUrl { get; private set; }

    /// <summary>Starts a server and waits until it listens: its start line says where, as Frontier's does, or else the given addresses answer.</summary>
    /// <param name="command">Its command line, split as a shell would, but without a shell: what is started is what is measured.</param>
    /// <param name="serviceAddress">Where services connect if the server does not say.</param>
    /// <param name="edgeAddress">Where edges connect if the server does not say.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LoadException">It cannot be started, ends, or does not listen in time.</exception>
    public static async Task<ServerProcess> StartAsync(
        string command, IPEndPoint serviceAddress, IPEndPoint edgeAddress, CancellationToken cancellationToken)
    {
        var words = CommandLineParser.SplitCommandLine(command).ToList();
        if (words.Count == 0)
        {
            throw new LoadException("--start: no command");
        }

        if (File.Exists(SetSession))
        {
            // In a session of its own, so that Ctrl-C ends the measuring and not the server first. It becomes the command: the process stays the same.
            words.Insert(0, SetSession);
        }

        // Who answers before it is started is somebody else, and would still answer.
        var mayAsk = !await AnswersAsync(serviceAddress) && !await AnswersAsync(edgeAddress);
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(words[0], words.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        var server = new ServerProcess(process);
        process.OutputDataReceived += (_, line) => server.Take(line.Data);
        process.ErrorDataReceived += (_, line) => server.Take(line.Data);
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new LoadException($"--start: {words[0]}: {error.Message}");
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await server.WaitUntilUpAsync(serviceAddress, edgeAddress, mayAsk, cancellationToken);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>Where a server listens according to its start line; false when the line is another one.</summary>
    public static bool TryReadStartLine(string line, out Match match)
    {
        match = StartLine().Match(line);
        return match.Success;
    }

    /// <summary>An address one can connect to: a server that listens on all addresses is asked for on loopback.</summary>
    public static IPEndPoint Reachable(string address)
    {
        var endpoint = IPEndPoint.Parse(address);
        return endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any)
            ? new IPEndPoint(IPAddress.Loopback, endpoint.Port)
            : endpoint;
    }

    /// <summary>Asks the server to end, and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        using (_process)
        {
            if (_process.HasExited)
            {
                return;
            }

            _ = Native.Signal(_process.Id, Native.Terminate);
            try
            {
                await _process.WaitForExitAsync().WaitAsync(StopPatience);
            }
            catch (TimeoutException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        _lines.Enqueue(line);
        while (_lines.Count > KeptLines)
        {
            _lines.TryDequeue(out _);
        }

        if (TryReadStartLine(line, out var match))
        {
            _started.TrySetResult(match);
        }
    }

    private async Task WaitUntilUpAsync(IPEndPoint serviceAddress, IPEndPoint edgeAddress, bool mayAsk, CancellationToken cancellationToken)
    {
        var deadline = Stopwatch.StartNew();
        while (!_started.Task.IsCompleted)
        {
            if (_process.HasExited)
            {
                await _process.WaitForExitAsync(cancellationToken); // Until the last of its output is here.
                throw new LoadException($"the server ended with exit code {_process.ExitCode}:{Environment.NewLine}{string.Join(Environment.NewLine, _lines)}");
            }

            if (deadline.Elapsed > StartPatience)
            {
                throw new LoadException($"the server does not listen after {StartPatience.TotalSeconds} s");
            }

            await Task.WhenAny(_started.Task, Task.Delay(100, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            // A server that says nothing can only be known by its ports; ours is given the time to say more.
            if (mayAsk && !_started.Task.IsCompleted && deadline.Elapsed > TimeSpan.FromSeconds(5) && await AnswersAsync(serviceAddress) && await AnswersAsync(edgeAddress))
            {
                (ServiceAddress, EdgeAddress) = (serviceAddress, edgeAddress);
                return;
            }
        }

        var said = await _started.Task;
        ServiceAddress = Reachable(said.Groups["services"].Value);
        EdgeAddress = Reachable(said.Groups["edges"].Value);
        if (said.Groups["metrics"] is { Success: true, Value: not "off" } metrics)
        {
            MetricsUrl = new Uri($"http://{Reachable(metrics.Value)}/metrics");
        }
    }

    private static async Task<bool> AnswersAsync(IPEndPoint address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"services on (?<services>[^\s,]+), edges on (?<edges>[^\s,]+)(.*health and metrics on (?<metrics>[^\s,]+))?", RegexOptions.ExplicitCapture)]
    private static partial Regex StartLine();
}

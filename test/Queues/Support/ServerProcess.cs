using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Frontier.Queues.Tests.Support;

/// <summary>A server of the machine as a child process, with a directory of its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    // RabbitMQ takes 5 s on an idle machine and half a minute on a busy one.
    public static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(2);

    private readonly string _program;
    private readonly Func<ServerProcess, string[]> _arguments;
    private readonly Dictionary<string, string> _environment;
    private readonly Queue<string> _output = [];
    private Process? _process;

    public ServerProcess(string program, Func<ServerProcess, string[]> arguments, Dictionary<string, string>? environment = null)
    {
        _program = program;
        _arguments = arguments;
        _environment = environment ?? [];
        Port = FreePort();
        Directory = System.IO.Directory.CreateTempSubdirectory("frontier-queue-").FullName;
    }

    public int Port { get; }

    public string Directory { get; }

    public Dictionary<string, string> Environment => _environment;

    public static int FreePort()
    {
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)free.LocalEndPoint!).Port;
    }

    public async Task StartAsync(Func<Task> answers)
    {
        var start = new ProcessStartInfo(_program, _arguments(this)) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Directory };
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await answers();
                return;
            }
            catch (Exception e)
            {
                if (_process.HasExited || deadline.Elapsed > StartDeadline)
                {
                    Assert.Fail($"{_program} does not answer: {e.Message}\n{string.Join('\n', _output)}");
                }
            }

            await Task.Delay(50);
        }
    }

    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>Fails when nobody listens on a port.</summary>
    public static async Task ConnectsAsync(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            if (line is not null)
            {
                _output.Enqueue(line);
                if (_output.Count > 50)
                {
                    _output.Dequeue();
                }
            }
        }
    }
}

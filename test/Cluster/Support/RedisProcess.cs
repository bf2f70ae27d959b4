using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Frontier.Cluster.Tests.Support;

/// <summary>A real Redis server on a port of its own, which can be stopped and started again there. Keeps nothing on disk unless told to.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("frontier-redis-").FullName;
    private readonly bool _keepsData;
    private readonly string? _password;
    private Process? _process;

    private readonly ProcessHost _host;

    private RedisProcess(bool keepsData, string? password, ProcessHost host)
    {
        _host = host;
        _keepsData = keepsData;
        _password = password;
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Port = ((IPEndPoint)free.LocalEndPoint!).Port;
    }

    public int Port { get; }

    /// <summary>What <c>cluster.redis</c> is set to.</summary>
    public string ConnectionString =>
        string.Create(CultureInfo.InvariantCulture, $"{_host.Address}:{Port}{(_password is null ? "" : $",password={_password}")}");

    /// <summary>Takes a port without starting the server.</summary>
    public static RedisProcess Create(bool keepsData = false, string? password = null, ProcessHost? host = null) => new(keepsData, password, host ?? ProcessHost.Loopback);

    /// <summary>Starts the server and waits until it answers.</summary>
    public async Task StartAsync()
    {
        string[] arguments =
        [
            "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", $"{_host.Address}", "--protected-mode", "no", "--dir", _directory, "--save", "",
            "--appendonly", _keepsData ? "yes" : "no", "--appendfsync", "always", .. _password is null ? Array.Empty<string>() : ["--requirepass", _password],
        ];
        var start = _host.Start("redis-server", arguments);
        start.RedirectStandardOutput = true;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        await Eventually.SucceedsAsync(
            async () =>
            {
                await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
                return await connection.GetDatabase().PingAsync();
            },
            "Redis answers");
    }

    /// <summary>Has the server do something, as an operator would.</summary>
    public async Task ExecuteAsync(string command, params object[] arguments)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{ConnectionString},allowAdmin=true");
        await connection.GetServer(_host.Address, Port).ExecuteAsync(command, arguments);
    }

    /// <summary>The names of all that it holds.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        return [.. connection.GetServer(_host.Address, Port).Keys().Select(key => key.ToString())];
    }

    /// <summary>Kills the server.</summary>
    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_directory, recursive: true);
    }
}

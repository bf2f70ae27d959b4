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

    private RedisProcess(bool keepsData, string? password)
    {
        _keepsData = keepsData;
        _password = password;
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Port = ((IPEndPoint)free.LocalEndPoint!).Port;
    }

    public int Port { get; }

    /// <summary>What <c>cluster.redis</c> is set to.</summary>
    public string ConnectionString =>
        string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}{(_password is null ? "" : $",password={_password}")}");

    /// <summary>Takes a port without starting the server.</summary>
    public static RedisProcess Create(bool keepsData = false, string? password = null) => new(keepsData, password);

    /// <summary>Starts the server and waits until it answers.</summary>
    public async Task StartAsync()
    {
        string[] arguments =
        [
            "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _directory, "--save", "",
            "--appendonly", _keepsData ? "yes" : "no", "--appendfsync", "always", .. _password is null ? Array.Empty<string>() : ["--requirepass", _password],
        ];
        _process = Process.Start(new ProcessStartInfo("redis-server", arguments) { RedirectStandardOutput = true })!;
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

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Frontier.ControlPlane.Tests.Support;

/// <summary>A Redis server of the test's own, which keeps nothing on disk.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly Process _server;

    private RedisProcess(Process server, ConnectionMultiplexer connection, string address)
    {
        _server = server;
        Connection = connection;
        Address = address;
    }

    public ConnectionMultiplexer Connection { get; }

    /// <summary>As <c>cluster.redis</c> takes it.</summary>
    public string Address { get; }

    /// <summary>Starts it on a free port.</summary>
    /// <param name="options">Further arguments of the server.</param>
    public static async Task<RedisProcess> StartAsync(params string[] options)
    {
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        var server = Process.Start(new ProcessStartInfo("redis-server", ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", .. options])
        {
            RedirectStandardOutput = true,
        })!;
        server.OutputDataReceived += (_, _) => { };
        server.BeginOutputReadLine();
        var configuration = ConfigurationOptions.Parse(address);
        configuration.AbortOnConnectFail = false;
        configuration.AllowAdmin = true;
        var redis = await ConnectionMultiplexer.ConnectAsync(configuration);
        await Eventually.TrueAsync(() => Task.FromResult(redis.IsConnected), "Redis answers");
        return new RedisProcess(server, redis, address);
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        _server.Kill();
        await _server.WaitForExitAsync();
        _server.Dispose();
    }
}

using System.Net;
using System.Net.Sockets;

namespace Frontier.Samples.Tests;

/// <summary>The gateway as a process of its own, on free ports of loopback.</summary>
internal sealed class FrontierProgram : IAsyncDisposable
{
    private readonly RunningProgram _program;

    private FrontierProgram() => _program = new RunningProgram(
        "Silo",
        $"--edgebound:listen:addr={Edges}",
        $"--servicebound:listen:addr={Services}",
        $"--controlplane:listen:addr={Control}",
        "--control_plane:listen:addr=127.0.0.1:0",
        "--observability:addr=127.0.0.1:0",
        $"--cluster:gateway_port={Grains.Split(':')[1]}");

    public string Edges { get; } = FreeAddress();

    public string Services { get; } = FreeAddress();

    public string Control { get; } = FreeAddress();

    public string Grains { get; } = FreeAddress();

    public static async Task<FrontierProgram> StartAsync()
    {
        var frontier = new FrontierProgram();
        await frontier._program.PrintsAsync("is up: services on");
        return frontier;
    }

    /// <summary>An address nobody listens on.</summary>
    public static string FreeAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.LocalEndPoint!.ToString()!;
    }

    public ValueTask DisposeAsync() => _program.DisposeAsync();
}

using System.Net;
using System.Net.Sockets;
using Frontier.Gateway;

namespace Frontier.Silo;

/// <summary>
/// A loopback port kept for Orleans, which must know its ports before it opens them. On Linux a socket that is bound but does not listen keeps
/// other processes from being given the port while our own listener can still open it; elsewhere the port is only known to have been free.
/// </summary>
internal sealed class LoopbackPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private LoopbackPort(string key, int port)
    {
        try
        {
            _socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            Number = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        }
        catch (SocketException error)
        {
            _socket.Dispose();
            var reason = error.SocketErrorCode == SocketError.AddressAlreadyInUse ? "is already in use" : $"cannot be opened: {error.Message}";
            throw new ListenException($"{key}: 127.0.0.1:{port} {reason}", error);
        }
    }

    /// <summary>The port.</summary>
    public int Number { get; }

    /// <summary>Takes a port.</summary>
    /// <param name="key">The path of the key that names it.</param>
    /// <param name="port">The port; 0 for any free one.</param>
    /// <exception cref="ListenException">Another process has it.</exception>
    public static LoopbackPort Take(string key, int port)
    {
        var taken = new LoopbackPort(key, port);
        if (!OperatingSystem.IsLinux())
        {
            taken.Dispose();
        }

        return taken;
    }

    /// <summary>Gives the port free, or up to the listener that has it by now.</summary>
    public void Dispose() => _socket.Dispose();
}

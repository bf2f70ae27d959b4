using System.Net;
using System.Net.Sockets;
using Frontier.Gateway;

namespace Frontier.Silo;

/// <summary>
/// A port kept for Orleans, which must know its ports before it opens them. On Linux a socket that is bound but does not listen keeps
/// other processes from being given the port while our own listener can still open it; elsewhere the port is only known to have been free.
/// </summary>
internal sealed class ReservedPort : IDisposable
{
    private readonly Socket _socket;

    private ReservedPort(string key, IPAddress address, int port)
    {
        _socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
            {
                _socket.DualMode = true; // As Orleans will open it.
            }


            _socket.Bind(new IPEndPoint(address, port));
            Number = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        }
        catch (SocketException error)
        {
            _socket.Dispose();
            var reason = error.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "is already in use",
                SocketError.AddressNotAvailable => "is not an address of this machine",
                _ => $"cannot be opened: {error.Message}",
            };
            throw new ListenException($"{key}: {new IPEndPoint(address, port)} {reason}", error);
        }
    }

    /// <summary>The port.</summary>
    public int Number { get; }

    /// <summary>Takes a port.</summary>
    /// <param name="key">The path of the key that names it.</param>
    /// <param name="address">The address it is for.</param>
    /// <param name="port">The port; 0 for any free one.</param>
    /// <exception cref="ListenException">Another process has it, or the address is not of this machine.</exception>
    public static ReservedPort Take(string key, IPAddress address, int port)
    {
        var taken = new ReservedPort(key, address, port);
        if (!OperatingSystem.IsLinux())
        {
            taken.Dispose();
        }

        return taken;
    }

    /// <summary>Gives the port free, or up to the listener that has it by now.</summary>
    public void Dispose() => _socket.Dispose();
}

using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Frontier.Load;

/// <summary>Makes non-blocking sockets without the cost of a managed one each.</summary>
internal static unsafe class NativeSocket
{
    private const int IpV4 = 2;
    private const int IpV6 = 10;

    // Linux cuts it to net.core.somaxconn.
    private const int Backlog = 4096;

    /// <summary>Starts to connect; the socket becomes writable when it is done.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="source">The local address, or null to leave it to the system. Its port is chosen at connect, not at bind.</param>
    /// <param name="error">Why it failed.</param>
    /// <returns>The descriptor; -1 when it failed.</returns>
    public static int Connect(IPEndPoint target, IPAddress? source, out int error)
    {
        var socket = Native.Socket(target.AddressFamily == AddressFamily.InterNetworkV6 ? IpV6 : IpV4, Native.StreamNonBlocking, 0);
        if (socket < 0)
        {
            error = Marshal.GetLastPInvokeError();
            return -1;
        }

        SetOption(socket, Native.TcpLevel, Native.NoDelay, 1);
        if (source is not null)
        {
            // Without it a bind takes a port for all destinations, and one address serves 28,000 connections in total.
            SetOption(socket, Native.IpLevel, Native.BindAddressNoPort, 1);
            if (!Bind(socket, new IPEndPoint(source, 0), out error))
            {
                Native.Close(socket);
                return -1;
            }
        }

        var address = target.Serialize();
        fixed (byte* bytes = address.Buffer.Span)
        {
            if (Native.Connect(socket, bytes, (uint)address.Size) < 0)
            {
                error = Marshal.GetLastPInvokeError();
                if (error != Native.InProgress)
                {
                    Native.Close(socket);
                    return -1;
                }
            }
        }

        error = 0;
        return socket;
    }

    /// <summary>Listens on a free port of loopback.</summary>
    /// <exception cref="LoadException">It failed.</exception>
    public static int Listen(out IPEndPoint endpoint)
    {
        var socket = Native.Socket(IpV4, Native.StreamNonBlocking, 0);
        if (socket < 0)
        {
            throw Failed("socket", Marshal.GetLastPInvokeError());
        }

        if (!Bind(socket, new IPEndPoint(IPAddress.Loopback, 0), out var error))
        {
            throw Failed("bind", error);
        }

        if (Native.Listen(socket, Backlog) < 0)
        {
            throw Failed("listen", Marshal.GetLastPInvokeError());
        }

        var address = new SocketAddress(AddressFamily.InterNetwork);
        var length = (uint)address.Size;
        fixed (byte* bytes = address.Buffer.Span)
        {
            if (Native.GetSocketName(socket, bytes, &length) < 0)
            {
                throw Failed("getsockname", Marshal.GetLastPInvokeError());
            }
        }

        endpoint = (IPEndPoint)new IPEndPoint(IPAddress.Any, 0).Create(address);
        return socket;
    }

    /// <summary>Takes a waiting connection; -1 when there is none or it failed.</summary>
    public static int Accept(int listener)
    {
        var socket = Native.Accept(listener, null, null, Native.NonBlocking);
        if (socket >= 0)
        {
            SetOption(socket, Native.TcpLevel, Native.NoDelay, 1);
        }

        return socket;
    }

    /// <summary>The error of a connect that is over; 0 when it succeeded.</summary>
    public static int TakeError(int socket)
    {
        int value;
        uint length = sizeof(int);
        return Native.GetSocketOption(socket, Native.SocketLevel, Native.SocketError, &value, &length) < 0 ? Marshal.GetLastPInvokeError() : value;
    }

    private static bool Bind(int socket, IPEndPoint endpoint, out int error)
    {
        var address = endpoint.Serialize();
        fixed (byte* bytes = address.Buffer.Span)
        {
            error = Native.Bind(socket, bytes, (uint)address.Size) < 0 ? Marshal.GetLastPInvokeError() : 0;
        }

        return error == 0;
    }

    private static void SetOption(int socket, int level, int name, int value) => Native.SetSocketOption(socket, level, name, &value, sizeof(int));

    private static LoadException Failed(string call, int error) => new($"{call} failed: {SocketFailure.Describe(error)}");
}

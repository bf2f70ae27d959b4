using System.Net;

namespace Frontier.Load;

/// <summary>Where the bare relay leads to: accepts the edges' connections and plays gateway and service for them.</summary>
internal sealed class DirectListener : LoopSocket
{
    private readonly EventLoop _loop;
    private readonly Action<int> _accepted;

    /// <summary>Listens on a free port; on the loop's thread.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="accepted">Takes the descriptor of each connection.</param>
    public DirectListener(EventLoop loop, Action<int> accepted)
    {
        _loop = loop;
        _accepted = accepted;
        Descriptor = NativeSocket.Listen(out var endpoint);
        EndPoint = endpoint;
        loop.Add(this, Native.In);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <inheritdoc/>
    public override void OnReady(uint events)
    {
        while (NativeSocket.Accept(Descriptor) is var socket and >= 0)
        {
            _accepted(socket);
        }
    }

    /// <summary>Listens no more.</summary>
    public void Close()
    {
        _loop.Close(this, Descriptor);
        Descriptor = -1;
    }
}

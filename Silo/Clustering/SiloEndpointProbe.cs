using System.Net;
using System.Net.Sockets;

namespace Frontier.Silo;

/// <summary>Knocks at a process's port.</summary>
internal static class SiloEndpointProbe
{
    // A machine on the same network answers within a millisecond. A connection that takes longer says nothing, so there is no point in waiting.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Connects and hangs up.</summary>
    public static async Task<SiloSight> LookAtAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endPoint, patience.Token);
            return SiloSight.Listening;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode == SocketError.ConnectionRefused ? SiloSight.Refused : SiloSight.Unclear;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return SiloSight.Unclear;
        }
    }
}

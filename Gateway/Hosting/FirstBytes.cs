using Frontier.Protocol;
using Microsoft.AspNetCore.Connections;
using KestrelListenOptions = Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions;

namespace Frontier.Gateway;

/// <summary>Looks at what a connection begins with, without taking it.</summary>
internal static class FirstBytes
{
    private static readonly byte[] WrongPort =
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 55\r\n\r\nThis port speaks HTTP; edges and services have others.\n"u8.ToArray();

    /// <summary>
    /// Cuts connections of a port for HTTP that say nothing for a time; Kestrel's own timeout for headers begins with their first byte. Who comes with an edge's or a
    /// service's login is told at once, instead of waiting until that timeout for the rest of a request.
    /// </summary>
    public static void RequireHttp(this KestrelListenOptions listener, TimeSpan timeout) => listener.Use(next => async connection =>
    {
        switch (await PeekAsync(connection, timeout))
        {
            case Frame.Version:
                await connection.Transport.Output.WriteAsync(WrongPort, connection.ConnectionClosed);
                break;
            case not null:
                await next(connection);
                break;
        }
    });

    /// <summary>The first byte; null when the peer has gone, or was cut because it said nothing in time.</summary>
    public static async ValueTask<byte?> PeekAsync(ConnectionContext connection, TimeSpan timeout)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        limit.CancelAfter(timeout);
        try
        {
            var input = connection.Transport.Input;
            var read = await input.ReadAsync(limit.Token);
            if (read.Buffer.IsEmpty)
            {
                return null; // The peer has gone again.
            }

            var first = read.Buffer.FirstSpan[0];
            // Looked at, not taken: whoever reads next gets it from the start.
            input.AdvanceTo(read.Buffer.Start);
            return first;
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            connection.Abort();
            return null;
        }
    }
}

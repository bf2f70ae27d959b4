using Microsoft.AspNetCore.Connections;
using KestrelListenOptions = Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions;

namespace Frontier.Gateway;

/// <summary>Looks at what a connection begins with, without taking it.</summary>
internal static class FirstBytes
{
    /// <summary>Cuts connections that say nothing for a time; Kestrel's own timeout for headers begins with their first byte.</summary>
    public static void RequireFirstByte(this KestrelListenOptions listener, TimeSpan timeout) => listener.Use(next => async connection =>
    {
        if (await PeekAsync(connection, timeout) is not null)
        {
            await next(connection);
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

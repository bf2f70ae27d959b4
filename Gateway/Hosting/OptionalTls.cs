using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using KestrelListenOptions = Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions;

namespace Frontier.Gateway;

/// <summary>TLS for those peers of a listener that begin with it; the others are served as they are.</summary>
internal static class OptionalTls
{
    // A TLS connection begins with a record of type handshake (RFC 8446, 5.1); a Geminio connection with the protocol's version, 1.
    private const byte Handshake = 22;

    /// <summary>Adds TLS to the listener, and a way around it.</summary>
    public static void UseOptionalTls(this KestrelListenOptions listener, TlsHandshakeCallbackOptions tls)
    {
        // The pipeline is put together from its end, so both ways are known before the first connection comes.
        ConnectionDelegate? plain = null;
        listener.Use(encrypted => connection => ChooseAsync(connection, encrypted, plain!, tls.HandshakeTimeout));
        listener.UseHttps(tls);
        listener.Use(next =>
        {
            plain = next;
            return next;
        });
    }

    private static async Task ChooseAsync(ConnectionContext connection, ConnectionDelegate encrypted, ConnectionDelegate plain, TimeSpan timeout)
    {
        bool isEncrypted;
        using (var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed))
        {
            limit.CancelAfter(timeout);
            try
            {
                var input = connection.Transport.Input;
                var read = await input.ReadAsync(limit.Token);
                if (read.Buffer.IsEmpty)
                {
                    return; // The peer has gone again.
                }

                isEncrypted = read.Buffer.FirstSpan[0] == Handshake;
                // Looked at, not taken: whoever reads next gets it from the start.
                input.AdvanceTo(read.Buffer.Start);
            }
            catch (Exception error) when (error is OperationCanceledException or IOException)
            {
                connection.Abort();
                return;
            }
        }

        await (isEncrypted ? encrypted : plain)(connection);
    }
}

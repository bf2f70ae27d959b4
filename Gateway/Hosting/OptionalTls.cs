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
        if (await FirstBytes.PeekAsync(connection, timeout) is { } first)
        {
            await (first == Handshake ? encrypted : plain)(connection);
        }
    }
}

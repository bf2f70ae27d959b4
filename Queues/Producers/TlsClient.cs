using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Frontier.Queues;

/// <summary>TCP and TLS from this end, for the protocols that are spoken here without a library.</summary>
public static class TlsClient
{
    /// <summary>Connects to the server at an address.</summary>
    /// <param name="host">Its name or IP address.</param>
    /// <param name="port">Its port.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="family">Only addresses of this family; null for both.</param>
    /// <exception cref="SocketException">Nobody answers there.</exception>
    public static async Task<Stream> DialAsync(string host, int port, CancellationToken cancellationToken, AddressFamily? family = null)
    {
        var socket = family is { } only ? new Socket(only, SocketType.Stream, ProtocolType.Tcp) : new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.NoDelay = true;
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Goes over to TLS.</summary>
    /// <param name="plain">The connection; closed where the handshake fails.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The server's certificate is not good, or it refused this end's.</exception>
    public static async Task<Stream> SecureAsync(Stream plain, SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        var tls = new SslStream(plain);
        try
        {
            await tls.AuthenticateAsClientAsync(options, cancellationToken);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether a server's certificate is good.</summary>
    internal static RemoteCertificateValidationCallback? Validation(QueueTlsOptions options) => Validation(options.InsecureSkipVerify, options.CaCerts);

    /// <summary>Whether a server's certificate is good.</summary>
    /// <param name="isAnyGood">Whether any will do.</param>
    /// <param name="caCerts">PEM files with the authorities that may have signed it; none for those of the machine.</param>
    /// <returns>Null for what the machine would say.</returns>
    public static RemoteCertificateValidationCallback? Validation(bool isAnyGood, IReadOnlyList<string> caCerts)
    {
        ArgumentNullException.ThrowIfNull(caCerts);
        if (isAnyGood)
        {
#pragma warning disable CA5359 // It is what the option says.
            return static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        if (caCerts.Count == 0)
        {
            return null;
        }

        var authorities = new X509Certificate2Collection();
        foreach (var file in caCerts)
        {
            authorities.ImportFromPemFile(file);
        }

        return (_, certificate, chain, errors) =>
        {
            if (certificate is not X509Certificate2 shown || chain is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            {
                return false;
            }

            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
            return chain.Build(shown);
        };
    }

    /// <summary>The certificate to show; null for none.</summary>
    internal static X509Certificate2? Certificate(QueueTlsOptions options) =>
        options.Cert.Length == 0 ? null : X509Certificate2.CreateFromPemFile(options.Cert, options.Key);

    /// <summary>How to speak TLS to a queue's server.</summary>
    internal static SslClientAuthenticationOptions Options(string host, QueueTlsOptions options) => new()
    {
        TargetHost = host,
        RemoteCertificateValidationCallback = Validation(options),
        ClientCertificates = Certificate(options) is { } certificate ? [certificate] : null,
    };
}

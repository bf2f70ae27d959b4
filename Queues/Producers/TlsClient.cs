using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Frontier.Queues;

/// <summary>TLS from this end, for the protocols that are spoken here without a library.</summary>
internal static class TlsClient
{
    /// <summary>Connects to the server at an address.</summary>
    public static async Task<Stream> DialAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
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
    public static async Task<Stream> SecureAsync(Stream plain, string host, QueueTlsOptions options, CancellationToken cancellationToken)
    {
        var tls = new SslStream(plain);
        try
        {
            await tls.AuthenticateAsClientAsync(Options(host, options), cancellationToken);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether a server's certificate is good.</summary>
    public static RemoteCertificateValidationCallback? Validation(QueueTlsOptions options)
    {
        if (options.InsecureSkipVerify)
        {
#pragma warning disable CA5359 // It is what the option says.
            return static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        if (options.CaCerts.Count == 0)
        {
            return null;
        }

        var authorities = new X509Certificate2Collection();
        foreach (var file in options.CaCerts)
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
    public static X509Certificate2? Certificate(QueueTlsOptions options) =>
        options.Cert.Length == 0 ? null : X509Certificate2.CreateFromPemFile(options.Cert, options.Key);

    private static SslClientAuthenticationOptions Options(string host, QueueTlsOptions options) => new()
    {
        TargetHost = host,
        RemoteCertificateValidationCallback = Validation(options),
        ClientCertificates = Certificate(options) is { } certificate ? [certificate] : null,
    };
}

using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Frontier.Gateway;

/// <summary>
/// One of the two Kestrel endpoints that share a cleartext port: the one for HTTP/1.1 or the one for HTTP/2. Kestrel itself cannot tell the two apart
/// without TLS, so a client that begins with HTTP/2, as every gRPC client does, would be turned away by an endpoint for both.
/// </summary>
/// <param name="port">What the two share.</param>
/// <param name="protocol">Which of the two it is.</param>
internal sealed class SharedPortEndPoint(SharedPort port, HttpProtocols protocol) : IPEndPoint(port.Address.Address, port.Address.Port)
{
    /// <summary>What the two endpoints share.</summary>
    public SharedPort Shared => port;

    /// <summary>The protocol its connections speak.</summary>
    public HttpProtocols Protocol => protocol;
}

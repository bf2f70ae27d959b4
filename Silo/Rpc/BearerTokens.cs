using System.Security.Cryptography;
using System.Text;
using Frontier.Gateway;
using Grpc.Core;
using Microsoft.Net.Http.Headers;

namespace Frontier.Silo;

/// <summary>Lets requests pass that show one of the tokens of the configuration; all, when it names none.</summary>
internal sealed class BearerTokens
{
    private const string Scheme = "Bearer ";

    private readonly byte[][] _hashes;

    /// <summary>Takes the tokens; only their hashes are kept.</summary>
    public BearerTokens(AuthOptions options) => _hashes = [.. options.Tokens.Select(Hash)];

    /// <summary>Whether any token is asked for.</summary>
    public bool AreRequired => _hashes.Length > 0;

    /// <summary>Answers requests without a token with 401, or UNAUTHENTICATED over gRPC, and passes the others on.</summary>
    /// <param name="context">The request.</param>
    /// <param name="next">What comes after.</param>
    /// <param name="isOpen">Which requests need none: health checks, whose callers are machines without secrets.</param>
    public Task CheckAsync(HttpContext context, RequestDelegate next, Func<PathString, bool> isOpen)
    {
        if (!AreRequired || isOpen(context.Request.Path) || IsKnown(context.Request.Headers.Authorization.ToString()))
        {
            return next(context);
        }

        const string Message = "a valid bearer token is needed";
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true)
        {
            // An answer that consists of its trailers alone (gRPC over HTTP/2, "Trailers-Only").
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = ((int)StatusCode.Unauthenticated).ToString(System.Globalization.CultureInfo.InvariantCulture);
            context.Response.Headers["grpc-message"] = Message;
            return Task.CompletedTask;
        }

        context.Response.Headers[HeaderNames.WWWAuthenticate] = Scheme.TrimEnd();
        return RestErrors.WriteAsync(context, StatusCodes.Status401Unauthorized, StatusCode.Unauthenticated, Message);
    }

    // Hashes are of one length, and all are compared to their end: how long it takes says nothing of how near a guess was.
    private bool IsKnown(string authorization)
    {
        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var shown = Hash(authorization[Scheme.Length..].Trim());
        var known = false;
        foreach (var hash in _hashes)
        {
            known |= CryptographicOperations.FixedTimeEquals(hash, shown);
        }

        return known;
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}

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
    private const string BasicScheme = "Basic ";

    private readonly byte[][] _hashes;

    /// <summary>Takes the tokens; only their hashes are kept.</summary>
    public BearerTokens(AuthOptions options) => _hashes = [.. options.Tokens.Select(Hash)];

    /// <summary>Whether any token is asked for.</summary>
    public bool AreRequired => _hashes.Length > 0;

    /// <summary>Answers requests without a token with 401, or UNAUTHENTICATED over gRPC, and passes the others on.</summary>
    /// <param name="context">The request.</param>
    /// <param name="next">What comes after.</param>
    /// <param name="isOpen">Which requests need none: health checks, whose callers are machines without secrets.</param>
    /// <param name="offerBasic">Whether the token may also come as a password, which browsers can ask for.</param>
    public Task CheckAsync(HttpContext context, RequestDelegate next, Func<PathString, bool> isOpen, bool offerBasic = false)
    {
        if (!AreRequired || isOpen(context.Request.Path) || IsKnown(context.Request.Headers.Authorization.ToString(), offerBasic))
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

        context.Response.Headers[HeaderNames.WWWAuthenticate] = offerBasic ? "Basic realm=\"Frontier\"" : Scheme.TrimEnd();
        return RestErrors.WriteAsync(context, StatusCodes.Status401Unauthorized, StatusCode.Unauthenticated, Message);
    }

    // Hashes are of one length, and all are compared to their end: how long it takes says nothing of how near a guess was.
    private bool IsKnown(string authorization, bool offerBasic)
    {
        var token = authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization[Scheme.Length..].Trim()
            : offerBasic && authorization.StartsWith(BasicScheme, StringComparison.OrdinalIgnoreCase) ? PasswordIn(authorization[BasicScheme.Length..].Trim())
            : null;
        if (token is null)
        {
            return false;
        }

        var shown = Hash(token);
        var known = false;
        foreach (var hash in _hashes)
        {
            known |= CryptographicOperations.FixedTimeEquals(hash, shown);
        }

        return known;
    }

    private static string? PasswordIn(string basic)
    {
        var bytes = new byte[basic.Length];
        if (!Convert.TryFromBase64String(basic, bytes, out var length))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        return text.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? text[(colon + 1)..] : null;
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}

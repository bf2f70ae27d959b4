namespace Frontier.Queues;

/// <summary>A NATS server, as an address of the configuration names it.</summary>
/// <param name="Host">The host.</param>
/// <param name="Port">The port.</param>
/// <param name="Username">The user; empty for none.</param>
/// <param name="Password">The password; empty for none.</param>
/// <param name="Token">The token; empty for none.</param>
/// <param name="RequiresTls">Whether the address demands TLS (<c>tls://</c>).</param>
public sealed record NatsServerAddress(string Host, int Port, string Username, string Password, string Token, bool RequiresTls)
{
    /// <summary>How such an address is written, for messages.</summary>
    public const string Form = "nats://[user:password@|token@]host[:port] or tls://…, several with commas between them";

    private const string PlainScheme = "nats";
    private const string TlsScheme = "tls";
    private const int DefaultPort = 4222;

    /// <summary>Reads one or more addresses with commas between them, as NATS' own clients take them; null when one of them is none.</summary>
    public static IReadOnlyList<NatsServerAddress>? ParseList(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var servers = new List<NatsServerAddress>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var isTls = part.StartsWith($"{TlsScheme}://", StringComparison.OrdinalIgnoreCase);
            if (QueueAddress.Parse(part, isTls ? TlsScheme : PlainScheme, DefaultPort) is not { } address)
            {
                return null;
            }

            // A name without a password is a token, as with NATS' own clients.
            var isToken = address.Password.Length == 0;
            servers.Add(new NatsServerAddress(
                address.Host, address.Port, isToken ? "" : address.Username, address.Password, isToken ? address.Username : "", isTls));
        }

        return servers;
    }

    /// <summary>Whether another address is of the same server.</summary>
    internal bool IsSameServer(NatsServerAddress other) => Port == other.Port && Host.Equals(other.Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>Host and port, for people: never the password.</summary>
    public override string ToString() => new QueueAddress(Host, Port, "", "").ToString();
}

using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>How messages, calls and streams find their receiver: section <c>exchange</c>.</summary>
public sealed class ExchangeOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "exchange";

    /// <summary><c>exchange.hashby</c>: <c>edgeid</c>, <c>srcip</c> or <c>random</c>. Default <c>edgeid</c>.</summary>
    [ConfigurationKeyName("hashby")]
    public HashBy HashBy { get; init; } = HashBy.EdgeId;

    /// <summary>
    /// <c>exchange.forward_timeout</c>: how long a receiver may take to answer what was forwarded, when the caller's own deadline is not earlier.
    /// Default 30 s, the original's.
    /// </summary>
    [ConfigurationKeyName("forward_timeout")]
    public TimeSpan ForwardTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// <c>exchange.presence_to_all</c>: whether every instance that registered <c>edge_online</c> or <c>edge_offline</c> hears of every edge; otherwise
    /// only the one that <see cref="HashBy"/> chooses does, as in the original. That one alone decides whether an edge may come in. Default false.
    /// </summary>
    [ConfigurationKeyName("presence_to_all")]
    public bool PresenceToAll { get; init; }
}

using System.Net;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>A client is connected: logged in, and the gateway knows every method it serves.</summary>
/// <param name="generation">Counts the connections of this client, from 1.</param>
/// <param name="id">The id the gateway gave.</param>
/// <param name="endPoint">The gateway's address.</param>
public sealed class FrontierConnectedEventArgs(int generation, ulong id, EndPoint endPoint) : EventArgs
{
    /// <summary>Counts the connections of this client, from 1.</summary>
    public int Generation { get; } = generation;

    /// <summary>The id the gateway gave.</summary>
    public ulong Id { get; } = id;

    /// <summary>The gateway's address: an <see cref="IPEndPoint"/>, or one of the options where the client does not look names up itself.</summary>
    public EndPoint EndPoint { get; } = endPoint;
}

/// <summary>A client's connection ended.</summary>
/// <param name="generation">The number of the connection that ended.</param>
/// <param name="reason">Why.</param>
/// <param name="willReconnect">Whether a new connection is tried for.</param>
public sealed class FrontierDisconnectedEventArgs(int generation, DisconnectReason reason, bool willReconnect) : EventArgs
{
    /// <summary>The number of the connection that ended.</summary>
    public int Generation { get; } = generation;

    /// <summary>Why; <see cref="DisconnectReason.Closed"/> also when the gateway said goodbye.</summary>
    public DisconnectReason Reason { get; } = reason;

    /// <summary>Whether a new connection is tried for.</summary>
    public bool WillReconnect { get; } = willReconnect;
}

/// <summary>A client is about to try for a new connection.</summary>
/// <param name="attempt">Counts the tries since the last connection, from 1.</param>
/// <param name="delay">How long it waits before the try.</param>
/// <param name="lastError">Why the try before failed; null for the first.</param>
public sealed class FrontierReconnectingEventArgs(int attempt, TimeSpan delay, FrontierException? lastError) : EventArgs
{
    /// <summary>Counts the tries since the last connection, from 1.</summary>
    public int Attempt { get; } = attempt;

    /// <summary>How long it waits before the try.</summary>
    public TimeSpan Delay { get; } = delay;

    /// <summary>Why the try before failed; null for the first.</summary>
    public FrontierException? LastError { get; } = lastError;
}

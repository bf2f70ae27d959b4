using System.Net;
using Frontier.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using ProtocolViolationException = Frontier.Protocol.ProtocolViolationException;

namespace Frontier.Gateway;

/// <summary>Takes connections from a listener: admits them, runs their session, and says how they ended.</summary>
internal abstract partial class PeerConnectionHandler(GatewayCore gateway, ConnectionAdmission admission, LiveSessions sessions, PeerKind kind, ILogger logger) : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var source = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        var refusal = sessions.IsStopping ? DisconnectReason.ShuttingDown : admission.TryEnter(source);
        if (refusal != DisconnectReason.None)
        {
            var reason = GatewayMetrics.NameOf(refusal);
            gateway.Metrics.Refused(kind, reason);
            Log.Refused(logger, source, reason);
            connection.Abort();
            return;
        }

        gateway.Metrics.Accepted(kind);
        var session = CreateSession(connection);
        try
        {
            sessions.Add(session);
            await session.RunAsync();
        }
        finally
        {
            sessions.Remove(session);
            admission.Leave(source);
            gateway.Metrics.Closed(kind, session.DisconnectReason);
            gateway.Metrics.Ignored(session.IgnoredFrames);
        }

        Report(session, source);
    }

    protected abstract PeerSession CreateSession(ConnectionContext connection);

    private void Report(PeerSession session, IPAddress source)
    {
        var reason = GatewayMetrics.NameOf(session.DisconnectReason);
        switch (session.DisconnectReason)
        {
            case DisconnectReason.InternalError:
                Log.Failed(logger, session.Address, session.Failure);
                break;
            case DisconnectReason.SlowConsumer or DisconnectReason.HeartbeatTimeout or DisconnectReason.HandshakeTimeout
                or DisconnectReason.InputMemoryExceeded:
                Log.Cut(logger, source, reason);
                break;
            default:
                if (session.Failure is ProtocolViolationException violation)
                {
                    Log.Violation(logger, source, reason, violation.Message);
                }
                else
                {
                    Log.Ended(logger, source, reason);
                }

                break;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Connection from {Source} turned away: {Reason}")]
        public static partial void Refused(ILogger logger, IPAddress source, string reason);

        [LoggerMessage(2, LogLevel.Warning, "Connection from {Source} ended, the peer broke the protocol ({Reason}): {Detail}")]
        public static partial void Violation(ILogger logger, IPAddress source, string reason, string detail);

        [LoggerMessage(3, LogLevel.Information, "Connection from {Source} cut: {Reason}")]
        public static partial void Cut(ILogger logger, IPAddress source, string reason);

        [LoggerMessage(4, LogLevel.Debug, "Connection from {Source} ended: {Reason}")]
        public static partial void Ended(ILogger logger, IPAddress source, string reason);

        [LoggerMessage(5, LogLevel.Error, "Connection from {Address} failed")]
        public static partial void Failed(ILogger logger, string address, Exception? error);
    }
}

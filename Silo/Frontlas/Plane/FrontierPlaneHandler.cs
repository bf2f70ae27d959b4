using System.Collections.Concurrent;
using Frontier.Gateway;
using Frontier.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Frontier.Silo;

/// <summary>Takes the connections of the frontier plane.</summary>
internal sealed class FrontierPlaneHandler : ConnectionHandler
{
    // A cluster of the original has tens of frontiers.
    private const int MaxConnections = 1024;

    private readonly ConcurrentDictionary<FrontierPlaneSession, bool> _sessions = [];
    private readonly TimerWheel _wheel;
    private readonly ReportForwarder _forwarder;
    private readonly FrontierPlaneOptions _options;
    private readonly TimeSpan _handshakeTimeout;
    private readonly ILogger<FrontierPlaneSession> _logger;

    /// <summary>Creates the handler.</summary>
    public FrontierPlaneHandler(
        TimerWheel wheel,
        ReportForwarder forwarder,
        IOptions<FrontierPlaneOptions> options,
        IOptions<LimitOptions> limits,
        IHostApplicationLifetime lifetime,
        ILogger<FrontierPlaneSession> logger)
    {
        _wheel = wheel;
        _forwarder = forwarder;
        _options = options.Value;
        _handshakeTimeout = limits.Value.HandshakeTimeout;
        _logger = logger;
        lifetime.ApplicationStopping.Register(CloseAll);
    }

    /// <inheritdoc/>
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (_sessions.Count >= MaxConnections)
        {
            connection.Abort();
            return;
        }

        var session = new FrontierPlaneSession(connection, _wheel, _forwarder, _options, _handshakeTimeout, _logger);
        _sessions[session] = true;
        try
        {
            await session.RunAsync();
        }
        finally
        {
            _sessions.TryRemove(session, out _);
        }
    }

    private void CloseAll()
    {
        foreach (var (session, _) in _sessions)
        {
            session.Leave(DisconnectReason.ShuttingDown);
        }
    }
}

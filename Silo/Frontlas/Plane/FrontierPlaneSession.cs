using System.Buffers;
using System.Text;
using Frontier.GrainInterfaces;
using Frontier.Protocol;
using Microsoft.AspNetCore.Connections;

namespace Frontier.Silo;

/// <summary>The connection of a frontier of the original: takes its reports.</summary>
internal sealed partial class FrontierPlaneSession : GeminioConnection, IReplySink
{
    // Enough for any report; a frontier sends nothing else.
    private const int MaxFrameBytes = 64 * 1024;
    private const int MaxInFlight = 4096;

    private readonly ConnectionContext _transport;
    private readonly ReportForwarder _forwarder;
    private readonly ReportExpirationOptions _expiration;
    private readonly ILogger _logger;
    private FrontierReport? _instance;

    /// <summary>Puts the session on its connection.</summary>
    public FrontierPlaneSession(
        ConnectionContext transport, TimerWheel wheel, ReportForwarder forwarder, FrontierPlaneOptions options, TimeSpan handshakeTimeout, ILogger logger)
        : base(transport.Transport, ConnectionRole.Acceptor, new ConnectionOptions { MaxFrameBytes = MaxFrameBytes, MaxInFlight = MaxInFlight, MaxSessions = 1, HandshakeTimeout = handshakeTimeout }, wheel)
    {
        _transport = transport;
        _forwarder = forwarder;
        _expiration = options.Expiration;
        _logger = logger;
    }

    /// <summary>Which frontier it is; null before its login.</summary>
    public string? FrontierId => _instance?.FrontierId;

    /// <summary>Closes the connection in good order.</summary>
    public void Leave(DisconnectReason reason) => Close(reason);

    /// <inheritdoc/>
    public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
    {
        // That a method is known there is nothing to act on.
    }

    /// <inheritdoc/>
    public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss)
    {
        // The connection ends; so does everything that hung on it.
    }

    /// <inheritdoc/>
    protected override void OnConn(in ConnBody conn)
    {
        _instance = FrontierReports.ParseInstance(Base64Text.Decode(conn.Meta), ReportForwarder.FrontierExpiry);
        if (_instance is null)
        {
            Log.Refused(_logger, _transport.RemoteEndPoint);
            Refuse(conn.ClientId, "illegal frontier meta: this port takes the reports of frontiers; edges and services connect to a gateway's own ports");
            return;
        }

        StallReading(EnterAsync(_instance, conn.ClientId != 0 ? conn.ClientId : (ulong)Random.Shared.NextInt64(1, long.MaxValue)));
    }

    /// <inheritdoc/>
    protected override void OnRequest(FrameType type, ulong packetId, StreamSession? session, in MessageBody body)
    {
        if (type != FrameType.Request || session is not null || _instance is null)
        {
            Reject(type, packetId, body.SessionId, body.Key, "not supported"u8);
            return;
        }

        var method = Encoding.UTF8.GetString(Base64Text.Decode(body.Key));
        if (FrontierReports.Parse(_instance, method, Base64Text.Decode(body.Value), _expiration, out var report) is { } problem)
        {
            Reject(type, packetId, body.SessionId, body.Key, JsonText.Escape(problem));
            return;
        }

        if (!TryTake(packetId, null))
        {
            Reject(type, packetId, body.SessionId, body.Key, JsonText.Escape(FrontierErrorText.RateLimited));
            return;
        }

        var sessionId = body.SessionId;
        var key = body.Key.ToArray();
        if (report is null)
        {
            Answer(FrameType.Response, packetId, new MessageBody { SessionId = sessionId, Key = key });
            return;
        }

        var adding = _forwarder.AddAsync(report, isTaken => Answer(
            FrameType.Response,
            packetId,
            new MessageBody { SessionId = sessionId, Key = key, Error = isTaken ? default : "the cluster cannot answer just now"u8 }));
        if (!adding.IsCompletedSuccessfully)
        {
            StallReading(adding.AsTask());
        }
    }

    /// <inheritdoc/>
    protected override void OnSessionOpen(StreamSession session, ulong packetId, in SessionBody body) => RefuseSession(session, packetId, "not supported"u8);

    /// <inheritdoc/>
    protected override bool OnStream(StreamSession session, in ReadOnlySequence<byte> data) => true; // Of a session that was refused; it ends in a moment.

    /// <inheritdoc/>
    protected override void OnSessionFinished(StreamSession session)
    {
        // There was none.
    }

    /// <inheritdoc/>
    protected override void OnRegister(ulong packetId, ulong sessionId, ReadOnlySpan<byte> method) => AnswerRegister(packetId, sessionId, "not supported"u8);

    /// <inheritdoc/>
    protected override void OnClosed(DisconnectReason reason)
    {
        if (_instance is not null && reason != DisconnectReason.Refused)
        {
            // Both sides said goodbye: the frontier is gone, and so are its peers. Otherwise it may be back in a moment.
            var kind = reason == DisconnectReason.Closed ? FrontierReportKind.FrontierOffline : FrontierReportKind.FrontierLost;
            _ = _forwarder.AddAsync(_instance with { Kind = kind }, null).AsTask();
            Log.Gone(_logger, _instance.FrontierId, reason);
        }
    }

    /// <inheritdoc/>
    protected override void AbortTransport() => _transport.Abort();

    private async Task EnterAsync(FrontierReport instance, ulong clientId)
    {
        await _forwarder.AddAsync(instance, null);
        if (!Accept(clientId))
        {
            return;
        }

        Log.Connected(_logger, instance.FrontierId, _transport.RemoteEndPoint);
        // The original announces what can be called, right after the login.
        foreach (var method in FrontierReports.Methods)
        {
            TryRegister(RootSessionId, Encoding.UTF8.GetBytes(method), new PendingReply { Sink = this, Deadline = long.MaxValue });
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Frontier {FrontierId} reports from {Source}")]
        public static partial void Connected(ILogger logger, string frontierId, System.Net.EndPoint? source);

        [LoggerMessage(2, LogLevel.Information, "Frontier {FrontierId} reports no more: {Reason}")]
        public static partial void Gone(ILogger logger, string frontierId, DisconnectReason reason);

        [LoggerMessage(3, LogLevel.Warning, "Who connected to the frontier plane from {Source} is no frontier and is turned away")]
        public static partial void Refused(ILogger logger, System.Net.EndPoint? source);
    }
}

namespace Frontier.Protocol;

/// <summary>The packet types of Geminio version 0x01, by their byte on the wire.</summary>
public enum FrameType : byte
{
    /// <summary>No frame.</summary>
    None = 0,

    /// <summary>The dialer's first frame: flags, wanted id, metadata.</summary>
    Conn = 0x01,

    /// <summary>The acceptor's answer to <see cref="Conn"/>.</summary>
    ConnAck = 0x02,

    /// <summary>One side of the closing handshake of the connection.</summary>
    DisConn = 0x11,

    /// <summary>The answer to <see cref="DisConn"/>.</summary>
    DisConnAck = 0x12,

    /// <summary>
    /// Acceptor to dialer: this gateway is leaving, so go to another one. Body: <c>patience(4)</c>, in milliseconds, and the bytes that an edge shows the other
    /// gateway to keep its id. Sent only to peers that announced support.
    /// </summary>
    Move = 0x13,

    /// <summary>Sent by the dialer every heartbeat interval.</summary>
    Heartbeat = 0x21,

    /// <summary>The answer to <see cref="Heartbeat"/>.</summary>
    HeartbeatAck = 0x22,

    /// <summary>Opens a session (a stream).</summary>
    Session = 0x31,

    /// <summary>The answer to <see cref="Session"/>.</summary>
    SessionAck = 0x32,

    /// <summary>One side of the closing handshake of a session.</summary>
    Dismiss = 0x41,

    /// <summary>The answer to <see cref="Dismiss"/>.</summary>
    DismissAck = 0x42,

    /// <summary>A message.</summary>
    Message = 0x51,

    /// <summary>The answer to <see cref="Message"/>.</summary>
    MessageAck = 0x52,

    /// <summary>Raw bytes of a session.</summary>
    Stream = 0x61,

    /// <summary>Allows more raw bytes on a session. Sent only to peers that announced support.</summary>
    StreamCredit = 0x62,

    /// <summary>No more raw bytes of a session are wanted. Sent only to peers that announced support.</summary>
    StreamStop = 0x63,

    /// <summary>A call.</summary>
    Request = 0x71,

    /// <summary>The answer to <see cref="Request"/>.</summary>
    Response = 0x72,

    /// <summary>The caller gave up. Old peers close the connection on it: sent only to peers that announced support.</summary>
    RequestCancel = 0x73,

    /// <summary>Announces that this side serves a method.</summary>
    Register = 0x81,

    /// <summary>The answer to <see cref="Register"/>.</summary>
    RegisterAck = 0x82,
}

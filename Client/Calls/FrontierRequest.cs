using System.Diagnostics;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>A call that another end makes to this one.</summary>
public sealed class FrontierRequest
{
    private readonly byte[] _trace;

    internal FrontierRequest(string method, ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> custom, ulong edgeId, DateTimeOffset? deadline, FrontierStream? stream, byte[] trace)
    {
        _trace = trace;
        Method = method;
        Payload = payload;
        Custom = custom;
        EdgeId = edgeId;
        Deadline = deadline;
        Stream = stream;
    }

    /// <summary>The method called.</summary>
    public string Method { get; }

    /// <summary>The argument; opaque. Belongs to the handler and stays valid.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The caller's bytes beside the payload, without the edge id that the gateway appends for a service.</summary>
    public ReadOnlyMemory<byte> Custom { get; }

    /// <summary>The edge that calls, at a service; 0 at an edge, inside streams, and for what the gateway asks itself.</summary>
    public ulong EdgeId { get; }

    /// <summary>When the caller gives up, by the clock of this machine; null when it did not say.</summary>
    public DateTimeOffset? Deadline { get; }

    /// <summary>The stream the call came on; null for the connection itself.</summary>
    public FrontierStream? Stream { get; }

    /// <summary>
    /// The caller's span, of which the handler's is a child; default when the caller said none. A handler's own activity is only begun when somebody listens to
    /// <see cref="FrontierClient.TelemetryName"/>.
    /// </summary>
    public ActivityContext TraceContext => TraceField.Read(_trace);
}

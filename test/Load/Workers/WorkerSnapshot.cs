namespace Frontier.Load;

/// <summary>How far a worker is.</summary>
/// <param name="Completed">Operations done in the measured time; while connecting, connections.</param>
/// <param name="Errors">Errors.</param>
/// <param name="InFlight">Operations started and not done.</param>
/// <param name="StreamBytesSent">Bytes written to streams.</param>
/// <param name="StreamBytesReceived">Bytes that arrived over streams.</param>
/// <param name="IsAlive">Whether there is anything left to do operations on.</param>
/// <param name="Online">Connections that are online.</param>
internal sealed record WorkerSnapshot(
    long Completed, long Errors, long InFlight, long StreamBytesSent, long StreamBytesReceived, bool IsAlive, long Online);

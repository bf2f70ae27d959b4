using System.Text.Json.Serialization;

namespace Frontier.Load;

/// <summary>What a worker in another process is asked; one line of JSON.</summary>
/// <param name="Id">Repeated in the answer.</param>
/// <param name="Do">The step: the name of the method of <see cref="IWorker"/> without its Async.</param>
/// <param name="Spec">Of Prepare.</param>
/// <param name="EdgeAddresses">Of Connect.</param>
/// <param name="ServiceAddresses">Of Connect.</param>
/// <param name="Seconds">Of WarmUp.</param>
internal sealed record WorkerRequest(
    int Id, string Do, WorkerSpec? Spec = null, string[]? EdgeAddresses = null, string[]? ServiceAddresses = null, double Seconds = 0);

/// <summary>What it answers; one line of JSON.</summary>
/// <param name="Id">Of the request.</param>
/// <param name="Error">Why the step failed.</param>
/// <param name="Address">Of Prepare.</param>
/// <param name="Tally">Of Connect, ConnectEdges and Finish.</param>
/// <param name="Snapshot">Of Snapshot.</param>
internal sealed record WorkerReply(
    int Id, string? Error = null, string? Address = null, TallyRecord? Tally = null, WorkerSnapshot? Snapshot = null);

/// <summary>Reads and writes them without reflection.</summary>
[JsonSerializable(typeof(WorkerRequest))]
[JsonSerializable(typeof(WorkerReply))]
[JsonSerializable(typeof(ServiceMeta))]
internal sealed partial class WorkerJson : JsonSerializerContext;

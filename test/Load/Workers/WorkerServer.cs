using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Frontier.Load;

/// <summary>The side of a worker in a process of its own: does what it is asked on its input, until that ends.</summary>
internal static class WorkerServer
{
    /// <summary>Runs until the input ends.</summary>
    public static async Task<int> RunAsync(TextReader input, TextWriter output)
    {
        // Ctrl-C reaches every process of the terminal; the parent says when it is over.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        await using var worker = new LocalWorker();
        var writing = new SemaphoreSlim(1);
        while (await input.ReadLineAsync() is { } line)
        {
            var request = JsonSerializer.Deserialize(line, WorkerJson.Default.WorkerRequest)!;
            // Not awaited: a snapshot is asked for while edges connect.
            _ = AnswerAsync(request);
        }

        return 0;

        async Task AnswerAsync(WorkerRequest request)
        {
            WorkerReply reply;
            try
            {
                reply = await DoAsync(worker, request);
            }
#pragma warning disable CA1031 // Whatever it is, the parent must hear of it.
            catch (Exception error)
#pragma warning restore CA1031
            {
                reply = new WorkerReply(request.Id, error is LoadException ? error.Message : error.ToString());
            }

            await writing.WaitAsync();
            try
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(reply, WorkerJson.Default.WorkerReply));
                await output.FlushAsync();
            }
            finally
            {
                writing.Release();
            }
        }
    }

    private static async Task<WorkerReply> DoAsync(LocalWorker worker, WorkerRequest request)
    {
        var reply = new WorkerReply(request.Id);
        switch (request.Do)
        {
            case "Prepare":
                return reply with { Address = (await worker.PrepareAsync(request.Spec!))?.ToString() };
            case "Connect":
                return reply with
                {
                    Tally = (await worker.ConnectAsync([.. request.EdgeAddresses!.Select(IPEndPoint.Parse)], [.. request.ServiceAddresses!.Select(IPEndPoint.Parse)])).ToRecord(),
                };
            case "WarmUp":
                await worker.WarmUpAsync(TimeSpan.FromSeconds(request.Seconds));
                return reply;
            case "ConnectEdges":
                return reply with { Tally = (await worker.ConnectEdgesAsync()).ToRecord() };
            case "Cancel":
                await worker.CancelAsync();
                return reply;
            case "Start":
                await worker.StartAsync();
                return reply;
            case "Begin":
                await worker.BeginAsync();
                return reply;
            case "Snapshot":
                return reply with { Snapshot = await worker.SnapshotAsync() };
            case "End":
                await worker.EndAsync();
                return reply;
            case "Finish":
                return reply with { Tally = (await worker.FinishAsync()).ToRecord() };
            case "Close":
                await worker.DisposeAsync();
                return reply;
            default:
                return reply with { Error = $"unknown step {request.Do}" };
        }
    }
}

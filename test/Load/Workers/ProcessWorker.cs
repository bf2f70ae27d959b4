using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Frontier.Load;

/// <summary>Carries a share of the load in a process of its own, which has descriptors of its own.</summary>
internal sealed class ProcessWorker : IWorker
{
    private readonly Process _process;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<WorkerReply>> _waiting = [];
    private int _lastId;

    /// <summary>Starts the process.</summary>
    public ProcessWorker()
    {
        _process = SelfProcess.Start(["worker"], redirectInput: true);
        _ = ReadAsync();
    }

    /// <inheritdoc/>
    public int ProcessId => _process.Id;

    /// <inheritdoc/>
    public async Task<IPEndPoint?> PrepareAsync(WorkerSpec spec) =>
        (await AskAsync(new WorkerRequest(0, "Prepare", spec))).Address is { } address ? IPEndPoint.Parse(address) : null;

    /// <inheritdoc/>
    public async Task<Tally> ConnectAsync(IReadOnlyList<IPEndPoint> edgeAddresses, IReadOnlyList<IPEndPoint> serviceAddresses) => Tally.From(
        (await AskAsync(new WorkerRequest(0, "Connect", EdgeAddresses: Texts(edgeAddresses), ServiceAddresses: Texts(serviceAddresses)))).Tally!);

    /// <inheritdoc/>
    public Task WarmUpAsync(TimeSpan time) => AskAsync(new WorkerRequest(0, "WarmUp", Seconds: time.TotalSeconds));

    /// <inheritdoc/>
    public async Task<Tally> ConnectEdgesAsync() => Tally.From((await AskAsync(new WorkerRequest(0, "ConnectEdges"))).Tally!);

    /// <inheritdoc/>
    public Task CancelAsync() => AskAsync(new WorkerRequest(0, "Cancel"));

    /// <inheritdoc/>
    public Task StartAsync() => AskAsync(new WorkerRequest(0, "Start"));

    /// <inheritdoc/>
    public Task BeginAsync() => AskAsync(new WorkerRequest(0, "Begin"));

    /// <inheritdoc/>
    public async Task<WorkerSnapshot> SnapshotAsync() => (await AskAsync(new WorkerRequest(0, "Snapshot"))).Snapshot!;

    /// <inheritdoc/>
    public Task EndAsync() => AskAsync(new WorkerRequest(0, "End"));

    /// <inheritdoc/>
    public async Task<Tally> FinishAsync() => Tally.From((await AskAsync(new WorkerRequest(0, "Finish"))).Tally!);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The end of its input ends it, also when this process is gone.
        _process.StandardInput.Close();
        await SelfProcess.EndAsync(_process);
    }

    private static string[] Texts(IReadOnlyList<IPEndPoint> addresses) => [.. addresses.Select(address => address.ToString())];

    private async Task<WorkerReply> AskAsync(WorkerRequest request)
    {
        request = request with { Id = Interlocked.Increment(ref _lastId) };
        var done = _waiting[request.Id] = new TaskCompletionSource<WorkerReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _writing.WaitAsync();
        try
        {
            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request, WorkerJson.Default.WorkerRequest));
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            done.TrySetException(new LoadException("a worker process has ended"));
        }
        finally
        {
            _writing.Release();
        }

        var reply = await done.Task;
        return reply.Error is null ? reply : throw new LoadException(reply.Error);
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var reply = JsonSerializer.Deserialize(line, WorkerJson.Default.WorkerReply)!;
            if (_waiting.TryRemove(reply.Id, out var done))
            {
                done.TrySetResult(reply);
            }
        }

        foreach (var done in _waiting.Values)
        {
            done.TrySetException(new LoadException("a worker process has ended"));
        }
    }
}

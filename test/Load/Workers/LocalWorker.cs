using System.Net;

namespace Frontier.Load;

/// <summary>Carries a share of the load in this process, over one or more loops.</summary>
internal sealed class LocalWorker : IWorker
{
    private readonly List<TrafficLoop> _loops = [];
    private WorkerSpec? _spec;
    private DirectListener? _listener;
    private int _nextLoop;
    private bool _isDone;

    /// <inheritdoc/>
    public int ProcessId => Environment.ProcessId;

    /// <inheritdoc/>
    public async Task<IPEndPoint?> PrepareAsync(WorkerSpec spec)
    {
        _spec = spec;
        for (var i = 0; i < spec.Threads; i++)
        {
            _loops.Add(new TrafficLoop(new EventLoop($"load-{i}"), spec, i));
        }

        if (!spec.IsDirect)
        {
            return null;
        }

        var first = _loops[0].Loop;
        _listener = await first.InvokeAsync(() => new DirectListener(first, Distribute));
        return _listener.EndPoint;
    }

    /// <inheritdoc/>
    public async Task<Tally> ConnectAsync(IReadOnlyList<IPEndPoint> edgeAddresses, IReadOnlyList<IPEndPoint> serviceAddresses)
    {
        var services = await ConnectAllAsync(loop => loop.ConnectServicesAsync(edgeAddresses, serviceAddresses), "services", _spec!.Services);
        await ConnectAllAsync(loop => loop.ConnectIdleEdgesAsync(services[_loops.IndexOf(loop)]), "idle edges", _spec.IdleEdges);
        if (_spec.Mode is LoadMode.Connect or LoadMode.Churn)
        {
            return new Tally();
        }

        var edges = await ConnectAllAsync(loop => loop.ConnectEdgesAsync(isMeasured: false), "edges", _spec.Edges);
        return await TakeEdgesAsync(edges);
    }

    /// <inheritdoc/>
    public async Task WarmUpAsync(TimeSpan time)
    {
        await EachAsync(loop => loop.Start(isWarmUpOfConnect: true));
        await Task.Delay(time);
        await EachAsync(loop => loop.End());
        for (var left = 100; left > 0 && (await SnapshotAsync()).InFlight > 0; left--)
        {
            await Task.Delay(50);
        }

        var tally = await FinishAsync();
        if (tally.Errors.Total > 0)
        {
            throw new LoadException($"errors in the warm-up: {tally.Errors}");
        }
    }

    /// <inheritdoc/>
    public async Task<Tally> ConnectEdgesAsync()
    {
        var started = await Task.WhenAll(_loops.Select(loop => loop.Loop.InvokeAsync(() => loop.ConnectEdgesAsync(isMeasured: true))));
        return await TakeEdgesAsync(await Task.WhenAll(started.Select(UntilEnd)));
    }

    /// <inheritdoc/>
    public Task CancelAsync() => EachAsync(loop => loop.Cancel());

    /// <inheritdoc/>
    public Task StartAsync() => EachAsync(loop => loop.Start(isWarmUpOfConnect: false));

    /// <inheritdoc/>
    public Task BeginAsync() => EachAsync(loop => loop.Begin());

    /// <inheritdoc/>
    public async Task<WorkerSnapshot> SnapshotAsync()
    {
        var all = await Task.WhenAll(_loops.Select(loop => loop.Loop.InvokeAsync(loop.Snapshot)));
        return Sum(all);
    }

    /// <summary>Several snapshots as one.</summary>
    public static WorkerSnapshot Sum(IReadOnlyCollection<WorkerSnapshot> all) => new(
        all.Sum(part => part.Completed),
        all.Sum(part => part.Errors),
        all.Sum(part => part.InFlight),
        all.Sum(part => part.StreamBytesSent),
        all.Sum(part => part.StreamBytesReceived),
        all.Any(part => part.IsAlive),
        all.Sum(part => part.Online));

    /// <inheritdoc/>
    public Task EndAsync() => EachAsync(loop => loop.End());

    /// <inheritdoc/>
    public async Task<Tally> FinishAsync()
    {
        var result = new Tally();
        foreach (var loop in _loops)
        {
            result.Add(await loop.Loop.InvokeAsync(loop.Finish));
        }

        return result;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isDone)
        {
            return;
        }

        _isDone = true;
        foreach (var loop in _loops.Where(loop => !loop.Loop.Completion.IsCompleted))
        {
            await loop.Loop.InvokeAsync(() =>
            {
                if (loop == _loops[0])
                {
                    _listener?.Close();
                }

                loop.Close();
            });
            loop.Loop.Dispose();
        }
    }

    private void Distribute(int socket)
    {
        var loop = _loops[_nextLoop++ % _loops.Count];
        if (loop == _loops[0])
        {
            loop.Adopt(socket);
        }
        else
        {
            _ = loop.Loop.InvokeAsync(() => loop.Adopt(socket));
        }
    }

    private Task EachAsync(Action<TrafficLoop> action) => Task.WhenAll(_loops.Select(loop => loop.Loop.InvokeAsync(() => action(loop))));

    private async Task<Tally> TakeEdgesAsync(IReadOnlyList<Peer>[] edges)
    {
        var result = new Tally();
        for (var i = 0; i < _loops.Count; i++)
        {
            var loop = _loops[i];
            var online = edges[i];
            result.Add(await loop.Loop.InvokeAsync(() => loop.TakeEdges(online)));
        }

        return result;
    }

    private async Task<IReadOnlyList<Peer>[]> ConnectAllAsync(Func<TrafficLoop, Task<IReadOnlyList<Peer>>> connect, string what, int wanted)
    {
        var started = await Task.WhenAll(_loops.Select(loop => loop.Loop.InvokeAsync(() => connect(loop))));
        var online = await Task.WhenAll(started.Select(UntilEnd));
        var count = online.Sum(peers => peers.Count);
        if (count < wanted)
        {
            var errors = new ErrorCounts();
            foreach (var loop in _loops)
            {
                errors.Add(await loop.Loop.InvokeAsync(() => loop.ConnectErrors()));
            }

            throw new LoadException($"{wanted - count} of {wanted} {what} could not connect: {errors}");
        }

        return online;
    }

    // A loop that breaks ends nothing that it was asked to start.
    private async Task<IReadOnlyList<Peer>> UntilEnd(Task<IReadOnlyList<Peer>> task)
    {
        await await Task.WhenAny([task, .. _loops.Select(loop => loop.Loop.Completion)]);
        return task.IsCompleted ? await task : throw new LoadException("the event loop has ended");
    }
}

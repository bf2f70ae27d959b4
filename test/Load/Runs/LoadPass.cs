using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Frontier.Load;

/// <summary>One run through one server: connects, warms up, measures, and adds up what the workers counted.</summary>
/// <param name="options">What to do.</param>
/// <param name="processes">Processes that share the load.</param>
/// <param name="isRelay">Whether the server is a bare relay, which is started and stopped with the run.</param>
/// <param name="rate">Operations a second; null for a closed loop.</param>
/// <param name="progress">Where to say how far it is.</param>
/// <param name="interrupt">Ends the measured time early.</param>
internal sealed class LoadPass(
    LoadOptions options, int processes, bool isRelay, double? rate, IProgressLine progress, CancellationToken interrupt) : IAsyncDisposable
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(5);

    // What a server does right after connects, such as telling others, belongs to them.
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1);

    private readonly List<IWorker> _workers = [];
    private readonly List<RelayProcess> _relays = [];
    private ServerProbe? _probe;
    private ServerProbe? _processes;
    private double _lastCpu;

    private string Name => isRelay ? "relay" : "gateway";

    /// <summary>Does it.</summary>
    /// <exception cref="LoadException">It cannot be done.</exception>
    /// <exception cref="OperationCanceledException">It was interrupted before there was anything to tell.</exception>
    public async Task<PassResult> RunAsync()
    {
        progress.Show($"{Name}: starting");
        var addresses = await PrepareAsync();
        var pids = isRelay ? [.. _relays.Select(relay => relay.Id)] : options.ServerPids;
        _probe = new ServerProbe(pids, isRelay ? null : options.MetricsUrl);
        _processes = new ServerProbe(pids, metrics: null);
        return options.Mode == LoadMode.Connect ? await MeasureConnectsAsync(addresses) : await MeasureOperationsAsync(addresses);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
        {
            await worker.DisposeAsync();
        }

        foreach (var relay in _relays)
        {
            await relay.DisposeAsync();
        }

        _probe?.Dispose();
        _processes?.Dispose();
    }

    // Where each worker's edges connect: to the gateways, or to a relay of the worker's own.
    private async Task<IReadOnlyList<IPEndPoint>[]> PrepareAsync()
    {
        var runId = $"{Environment.ProcessId:x}.{Stopwatch.GetTimestamp():x}";
        var sources = options.Sources.Count > 0
            ? options.Sources
            : SourceAddresses.Choose(options.EdgeAddresses[0].Address, options.Edges + options.IdleEdges, options.Mode is LoadMode.Churn or LoadMode.Connect);
        for (var i = 0; i < processes; i++)
        {
            _workers.Add(processes == 1 ? new LocalWorker() : new ProcessWorker());
        }

        var addresses = new IReadOnlyList<IPEndPoint>[processes];
        for (var i = 0; i < processes; i++)
        {
            var direct = await _workers[i].PrepareAsync(new WorkerSpec
            {
                Mode = options.Mode,
                RunId = runId,
                Index = i,
                Count = processes,
                Edges = Share(options.Edges, i),
                IdleEdges = Share(options.IdleEdges, i),
                Services = isRelay ? 0 : Share(options.Services, i),
                Concurrency = Share(options.EffectiveConcurrency(rate is not null), i),
                WarmUpConcurrency = Share(options.WarmUpConcurrency(rate is not null), i),
                Rate = rate / processes,
                PayloadBytes = options.PayloadBytes,
                Binary = options.Binary,
                TimeoutSeconds = options.Timeout.TotalSeconds,
                Threads = options.Threads,
                Sources = [.. sources.Select(source => source.ToString())],
                IsDirect = isRelay,
            });
            addresses[i] = options.EdgeAddresses;
            if (direct is not null)
            {
                var relay = await RelayProcess.StartAsync(direct);
                _relays.Add(relay);
                addresses[i] = [relay.EndPoint];
            }
        }

        return addresses;
    }

    private async Task<PassResult> MeasureOperationsAsync(IReadOnlyList<IPEndPoint>[] addresses)
    {
        var before = await _probe!.SampleAsync();
        progress.Show($"{Name}: connecting {options.Edges + options.IdleEdges} edges and {options.Services} services");
        await Each((worker, i) => worker.ConnectAsync(addresses[i], options.ServiceAddresses));
        await PauseAsync(options.Edges + options.IdleEdges > 1000 ? SettleTime : TimeSpan.Zero);
        interrupt.ThrowIfCancellationRequested();
        var connected = await _probe.TrySampleAsync();

        await Each((worker, _) => worker.StartAsync());
        await WatchAsync(options.WarmUp, "warming up", isMeasured: false);
        interrupt.ThrowIfCancellationRequested();

        var clientCpu = ClientCpu();
        var busy = ProcStat.MachineBusySeconds();
        var start = await _probe.TrySampleAsync();
        var clock = Stopwatch.StartNew();
        await Each((worker, _) => worker.BeginAsync());
        await WatchAsync(options.Duration, "measuring", isMeasured: true);
        await Each((worker, _) => worker.EndAsync());
        var seconds = clock.Elapsed.TotalSeconds;
        var end = await _probe.TrySampleAsync();
        clientCpu = ClientCpu() - clientCpu;
        busy = ProcStat.MachineBusySeconds() - busy;

        var isInterrupted = interrupt.IsCancellationRequested;
        var undelivered = await DrainAsync();
        var tally = await FinishAsync();
        if (undelivered > 0 && !isInterrupted)
        {
            tally.Errors.Add("stream bytes that were written and did not arrive", undelivered);
        }

        // What the edges cost in memory is only to be seen where there are many.
        var edges = options.Edges + options.IdleEdges;
        var isMemoryKnown = options.Mode != LoadMode.Churn && edges >= 1000;
        return new PassResult
        {
            Server = Name,
            Seconds = seconds,
            Operations = tally.Completed,
            Rate = rate,
            BytesPerSecond = options.PayloadBytes > 0 && options.Mode != LoadMode.Churn ? tally.Completed * (double)options.PayloadBytes / seconds : null,
            Latency = LatencyResult.From(tally.Latency),
            Unsent = tally.Unsent,
            Errors = tally.Errors.ByKind,
            ClientCpuPerOperation = PerOperation(clientCpu * 1e6, tally.Completed),
            ServerCpuPerOperation = PerOperation((end.CpuSeconds - start.CpuSeconds) * 1e6, tally.Completed),
            ServerCores = (end.CpuSeconds - start.CpuSeconds) / seconds,
            OtherCores = OtherCores(busy, clientCpu, end.CpuSeconds - start.CpuSeconds, seconds),
            ServerAllocatedPerOperation = PerOperation(end.AllocatedBytes - start.AllocatedBytes, tally.Completed),
            ServerMemoryBefore = before.ResidentBytes,
            ServerMemoryAfter = end.ResidentBytes,
            ServerMemoryPerConnection = isMemoryKnown ? (double?)(connected.ResidentBytes - before.ResidentBytes) / edges : null,
            Note = _probe.Failure ?? _probe.FindExhaustion(),
            IsInterrupted = isInterrupted,
        };
    }

    private async Task<PassResult> MeasureConnectsAsync(IReadOnlyList<IPEndPoint>[] addresses)
    {
        await Each((worker, i) => worker.ConnectAsync(addresses[i], options.ServiceAddresses));
        var before = await _probe!.SampleAsync();
        if (options.WarmUp > TimeSpan.Zero)
        {
            progress.Show($"{Name}: warming up");
            await Each((worker, _) => worker.WarmUpAsync(options.WarmUp));
            await PauseAsync(SettleTime);
        }

        interrupt.ThrowIfCancellationRequested();
        var clientCpu = ClientCpu();
        var busy = ProcStat.MachineBusySeconds();
        var start = await _probe.TrySampleAsync();
        _lastCpu = start.CpuSeconds ?? 0;
        var clock = Stopwatch.StartNew();
        var connecting = Each((worker, _) => worker.ConnectEdgesAsync());
        await WatchAsync(TimeSpan.MaxValue, "connecting", isMeasured: true, until: connecting);
        if (interrupt.IsCancellationRequested)
        {
            await Each((worker, _) => worker.CancelAsync());
        }

        var tallies = await connecting;
        var seconds = clock.Elapsed.TotalSeconds;
        clientCpu = ClientCpu() - clientCpu;
        busy = ProcStat.MachineBusySeconds() - busy;
        var others = OtherCores(busy, clientCpu, (await _processes!.TrySampleAsync()).CpuSeconds - start.CpuSeconds, seconds);
        await PauseAsync(SettleTime);
        var connected = await _probe.TrySampleAsync();
        var exhaustion = _probe.FindExhaustion();
        var idleClock = Stopwatch.StartNew();
        await WatchAsync(options.Duration, "idle", isMeasured: false);
        var idleSeconds = idleClock.Elapsed.TotalSeconds;
        var end = await _probe.TrySampleAsync();
        var isInterrupted = interrupt.IsCancellationRequested;

        var tally = new Tally();
        foreach (var part in tallies)
        {
            tally.Add(part);
        }

        // Counted by whoever connected them, those that failed to connect included: what came later was lost while idle.
        var later = await FinishAsync();
        foreach (var (kind, count) in later.Errors.ByKind)
        {
            var known = tally.Errors.ByKind.GetValueOrDefault(kind.Replace("connection lost: ", string.Empty, StringComparison.Ordinal));
            if (count > known)
            {
                tally.Errors.Add($"{kind} (while idle)", count - known);
            }
        }

        return new PassResult
        {
            Server = Name,
            Seconds = seconds,
            Operations = tally.Completed,
            Rate = rate,
            Latency = LatencyResult.From(tally.Latency),
            Unsent = 0,
            Errors = tally.Errors.ByKind,
            ClientCpuPerOperation = PerOperation(clientCpu * 1e6, tally.Completed),
            ServerCpuPerOperation = PerOperation((connected.CpuSeconds - start.CpuSeconds) * 1e6, tally.Completed),
            ServerCores = (connected.CpuSeconds - start.CpuSeconds) / seconds,
            OtherCores = others,
            ServerAllocatedPerOperation = PerOperation(connected.AllocatedBytes - start.AllocatedBytes, tally.Completed),
            ServerMemoryBefore = before.ResidentBytes,
            ServerMemoryWarm = start.ResidentBytes,
            ServerMemoryAfter = end.ResidentBytes,
            ServerMemoryPerConnection = PerOperation(end.ResidentBytes - start.ResidentBytes, tally.Completed),
            ServerMemoryPerConnectionAndWarmUp = PerOperation(end.ResidentBytes - before.ResidentBytes, tally.Completed),
            ServerIdleCores = (end.CpuSeconds - connected.CpuSeconds) / idleSeconds,
            Note = _probe.Failure is { } failure && exhaustion is not null ? $"{exhaustion}; {failure}" : _probe.Failure ?? exhaustion,
            IsInterrupted = isInterrupted,
        };
    }

    private static double? PerOperation(double? whole, long operations) => operations > 0 ? whole / operations : null;

    // A server in this very process, as in tests, is counted twice.
    private static double? OtherCores(double busy, double client, double? server, double seconds) =>
        server is null ? null : Math.Max(0, (busy - client - server.Value) / seconds);

    private int Share(int whole, int index) => (whole / processes) + (index < whole % processes ? 1 : 0);

    private double ClientCpu() => _workers.Sum(worker => ProcStat.CpuSeconds(worker.ProcessId));

    // Shows how far it is, once a second, until the time is over, something ends, nothing is left to measure, or somebody interrupts.
    private async Task WatchAsync(TimeSpan time, string what, bool isMeasured, Task? until = null)
    {
        var clock = Stopwatch.StartNew();
        var last = TimeSpan.Zero;
        long lastCompleted = 0;
        while (clock.Elapsed < time && until?.IsCompleted != true && !interrupt.IsCancellationRequested)
        {
            var wait = TimeSpan.FromTicks(Math.Min(ProgressInterval.Ticks, (time - clock.Elapsed).Ticks));
            await (until is null ? PauseAsync(wait) : Task.WhenAny(until, PauseAsync(wait)));
            var snapshot = LocalWorker.Sum(await Each((worker, _) => worker.SnapshotAsync()));
            var elapsed = clock.Elapsed;
            var perSecond = (snapshot.Completed - lastCompleted) / Math.Max(0.001, (elapsed - last).TotalSeconds);
            (last, lastCompleted) = (elapsed, snapshot.Completed);
            var server = await DescribeServerAsync();
            progress.Show(string.Create(CultureInfo.InvariantCulture, $"{Name}: {what} {elapsed.TotalSeconds:0}{(time == TimeSpan.MaxValue ? "" : $"/{time.TotalSeconds:0}")} s{(isMeasured ? $", {perSecond:N0}/s" : "")}, {snapshot.Online:N0} connections, {snapshot.Errors:N0} errors{server}"));
            if (!snapshot.IsAlive)
            {
                return;
            }
        }
    }

    private async Task<string> DescribeServerAsync()
    {
        if (!isRelay && options.ServerPids.Count == 0)
        {
            return string.Empty;
        }

        var sample = await _processes!.TrySampleAsync();
        if (_processes.Failure is not null)
        {
            return ", the server is gone";
        }

        var used = (sample.CpuSeconds ?? 0) - _lastCpu;
        var isFirst = _lastCpu == 0;
        _lastCpu = sample.CpuSeconds ?? 0;
        return string.Create(CultureInfo.InvariantCulture, $", server {(isFirst ? "" : $"{used * 100 / ProgressInterval.TotalSeconds:0} % CPU, ")}{sample.ResidentBytes / 1048576.0:0} MiB");
    }

    // Waits until everything is answered; gives the bytes of streams that were written and did not arrive.
    private async Task<long> DrainAsync()
    {
        var patience = DrainPatience < options.Timeout ? DrainPatience : options.Timeout;
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var snapshot = LocalWorker.Sum(await Each((worker, _) => worker.SnapshotAsync()));
            var undelivered = options.Mode == LoadMode.StreamBandwidth ? snapshot.StreamBytesSent - snapshot.StreamBytesReceived : 0;
            if ((snapshot.InFlight == 0 && undelivered <= 0) || clock.Elapsed > patience)
            {
                return undelivered;
            }

            await Task.Delay(20, CancellationToken.None);
        }
    }

    private async Task<Tally> FinishAsync()
    {
        var result = new Tally();
        foreach (var tally in await Each((worker, _) => worker.FinishAsync()))
        {
            result.Add(tally);
        }

        return result;
    }

    private async Task PauseAsync(TimeSpan time)
    {
        try
        {
            await Task.Delay(time, interrupt);
        }
        catch (OperationCanceledException)
        {
            // Whoever called looks at the token.
        }
    }

    private Task Each(Func<IWorker, int, Task> action) => Task.WhenAll(_workers.Select(action));

    private Task<T[]> Each<T>(Func<IWorker, int, Task<T>> action) => Task.WhenAll(_workers.Select(action));
}

namespace Frontier.Load;

/// <summary>All that one command asks for: the server started if wanted, the relay's run, the gateway's run, and their ratio.</summary>
internal static class LoadRun
{
    // Enough to see the rate that saturates a server, which a percentage refers to.
    private static readonly TimeSpan LongestSaturation = TimeSpan.FromSeconds(5);

    /// <summary>Does it.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="progress">Where to say how far it is.</param>
    /// <param name="interrupt">Ends it early; what is known is returned.</param>
    /// <exception cref="LoadException">It cannot be done.</exception>
    /// <exception cref="OperationCanceledException">It was interrupted before there was anything to tell.</exception>
    public static async Task<LoadReport> RunAsync(LoadOptions options, IProgressLine progress, CancellationToken interrupt)
    {
        var processes = ChooseProcesses(options, DescriptorLimit.Sockets());
        if ((options with { Processes = processes }).FindProblem() is { } problem)
        {
            throw new LoadException(problem);
        }

        if (options.Start is null)
        {
            return await RepeatAsync(options, processes, progress, interrupt);
        }

        progress.Show("starting the server");
        await using var server = await ServerProcess.StartAsync(options.Start, options.ServiceAddresses[0], options.EdgeAddresses[0], interrupt);
        return await RepeatAsync(
            options with
            {
                ServiceAddresses = [server.ServiceAddress],
                EdgeAddresses = [server.EdgeAddress],
                ServerPids = [server.Id],
                MetricsUrl = options.MetricsUrl ?? server.MetricsUrl,
            },
            processes,
            progress,
            interrupt);
    }

    /// <summary>How many processes share the load: as many as the connections need, if nothing was said.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="socketsPerProcess">Sockets that a process can hold.</param>
    /// <exception cref="LoadException">So many as were said cannot hold them.</exception>
    public static int ChooseProcesses(LoadOptions options, int socketsPerProcess)
    {
        var edges = options.Mode == LoadMode.Churn ? options.EffectiveConcurrency(options.Rate is not null) : options.Edges;
        long connections = edges + options.IdleEdges + options.Services;
        if (options.Baseline)
        {
            // Behind the relay the worker is also the other end; the relay itself, one for each worker, holds two sockets for each edge as well.
            connections *= 2;
        }

        var needed = (int)((connections + socketsPerProcess - 1) / socketsPerProcess);
        if (options.Processes == 0)
        {
            return needed;
        }

        return options.Processes >= needed
            ? options.Processes
            : throw new LoadException($"{connections:N0} connections need {needed} processes, as each can hold {socketsPerProcess:N0} sockets: more --processes");
    }

    private static async Task<LoadReport> RepeatAsync(LoadOptions options, int processes, IProgressLine progress, CancellationToken interrupt)
    {
        var best = await RunAsync(options, processes, progress, interrupt);
        for (var round = 1; round < options.Rounds && !interrupt.IsCancellationRequested; round++)
        {
            LoadReport next;
            try
            {
                next = await RunAsync(options, processes, progress, interrupt);
            }
            catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
            {
                break;
            }

            // A round with errors is never hidden behind a better one.
            if (next.Gateway is { IsInterrupted: false } && (next.HasErrors || (!best.HasErrors && next.Disturbance < best.Disturbance)))
            {
                best = next;
            }
        }

        return best;
    }

    private static async Task<LoadReport> RunAsync(LoadOptions options, int processes, IProgressLine progress, CancellationToken interrupt)
    {
        double? saturating = null;
        var rate = options.Rate?.Value;
        if (options.Rate is { IsPercent: true } part)
        {
            var closed = options with { Rate = null, Duration = options.Duration < LongestSaturation ? options.Duration : LongestSaturation };
            saturating = (await PassAsync(closed, processes, isRelay: false, null, progress, interrupt)).Throughput;
            rate = saturating * part.Value / 100;
            if (rate is null or <= 0)
            {
                throw new LoadException("no operation succeeded in the closed loop that --rate refers to");
            }
        }

        var relay = options.Baseline ? await PassAsync(options, processes, isRelay: true, rate, progress, interrupt) : null;
        var gateway = relay?.IsInterrupted == true ? null : await PassAsync(options, processes, isRelay: false, rate, progress, interrupt);
        return new LoadReport(
            options.Mode.NameOf(),
            options.Edges,
            options.IdleEdges,
            options.Services,
            options.EffectiveConcurrency(rate is not null),
            options.PayloadBytes,
            saturating,
            relay,
            gateway,
            relay is null || gateway is null ? null : Ratios.Of(gateway, relay));
    }

    private static async Task<PassResult> PassAsync(
        LoadOptions options, int processes, bool isRelay, double? rate, IProgressLine progress, CancellationToken interrupt)
    {
        await using var pass = new LoadPass(options, processes, isRelay, rate, progress, interrupt);
        return await pass.RunAsync();
    }
}

namespace Frontier.Load;

/// <summary>What the server has used until now.</summary>
/// <param name="CpuSeconds">CPU seconds of all its threads; null when its process is not known.</param>
/// <param name="ResidentBytes">Resident memory; null when its process is not known.</param>
/// <param name="AllocatedBytes">Bytes allocated on its .NET heap; null when it does not say.</param>
internal readonly record struct ServerSample(double? CpuSeconds, long? ResidentBytes, double? AllocatedBytes);

/// <summary>Reads what the server uses.</summary>
/// <param name="pids">Its processes; may be none.</param>
/// <param name="metrics">Its metrics page, or null.</param>
internal sealed class ServerProbe(IReadOnlyList<int> pids, Uri? metrics) : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    /// <summary>Why nothing more could be read; null while all is well.</summary>
    public string? Failure { get; private set; }

    /// <summary>Reads it now, if it is still there; see <see cref="Failure"/>.</summary>
    public async Task<ServerSample> TrySampleAsync()
    {
        try
        {
            return Failure is null ? await SampleAsync() : default;
        }
        catch (LoadException error)
        {
            // A server that dies under load is a result, not a reason to lose all others.
            Failure = error.Message;
            return default;
        }
    }

    /// <summary>Reads it now.</summary>
    /// <exception cref="LoadException">The process or the page is not there.</exception>
    public async Task<ServerSample> SampleAsync()
    {
        var allocated = metrics is null ? null : MetricsText.Find(await FetchAsync(metrics), MetricsText.AllocatedBytes);
        return pids.Count == 0
            ? new ServerSample(null, null, allocated)
            : new ServerSample(pids.Sum(ProcStat.CpuSeconds), pids.Sum(ProcStat.ResidentBytes), allocated);
    }

    /// <summary>Says so when a process is at its limit of descriptors; null when none is.</summary>
    public string? FindExhaustion()
    {
        foreach (var pid in pids)
        {
            if (ProcStat.Descriptors(pid) is var (held, limit) && held >= limit - (limit / 50))
            {
                return $"server process {pid} holds {held} of {limit} descriptors";
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<string> FetchAsync(Uri page)
    {
        try
        {
            return await _http.GetStringAsync(page);
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            throw new LoadException($"--metrics-url {page}: {error.Message}");
        }
    }
}

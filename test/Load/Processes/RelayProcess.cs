using System.Diagnostics;
using System.Net;

namespace Frontier.Load;

/// <summary>A bare relay in a process of its own.</summary>
internal sealed class RelayProcess : IAsyncDisposable
{
    /// <summary>What it says when it listens, with the address behind it.</summary>
    public const string Greeting = "relay listening on ";

    private readonly Process _process;

    private RelayProcess(Process process, IPEndPoint endPoint)
    {
        _process = process;
        EndPoint = endPoint;
    }

    /// <summary>The process.</summary>
    public int Id => _process.Id;

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Starts it.</summary>
    /// <param name="target">Where it leads to.</param>
    /// <exception cref="LoadException">It could not be started.</exception>
    public static async Task<RelayProcess> StartAsync(IPEndPoint target)
    {
        // The collector's settings are the gateway's; the relay allocates next to nothing.
        var process = SelfProcess.Start(
            ["relay", "--listen", "127.0.0.1:0", "--target", $"{target}", "--attached"],
            redirectInput: true,
            new Dictionary<string, string> { ["DOTNET_gcConcurrent"] = "1" });
        var line = await process.StandardOutput.ReadLineAsync();
        if (line?.StartsWith(Greeting, StringComparison.Ordinal) != true)
        {
            await SelfProcess.EndAsync(process);
            throw new LoadException("the relay did not start");
        }

        return new RelayProcess(process, IPEndPoint.Parse(line[Greeting.Length..]));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await SelfProcess.EndAsync(_process);
    }
}

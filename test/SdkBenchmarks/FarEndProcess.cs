using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Frontier.SdkBenchmarks;

/// <summary><see cref="FarEnd"/> in a process of its own, so that what it allocates is not counted.</summary>
internal sealed class FarEndProcess : IAsyncDisposable
{
    private readonly Process _process;

    private FarEndProcess(Process process, IPEndPoint edgebound, IPEndPoint servicebound, ulong edgeId)
    {
        _process = process;
        Edgebound = edgebound;
        Servicebound = servicebound;
        EdgeId = edgeId;
    }

    /// <summary>Where the gateway takes edges.</summary>
    public IPEndPoint Edgebound { get; }

    /// <summary>Where the gateway takes services.</summary>
    public IPEndPoint Servicebound { get; }

    /// <summary>The edge that answers.</summary>
    public ulong EdgeId { get; }

    /// <summary>Starts it, and waits until both answer.</summary>
    public static async Task<FarEndProcess> StartAsync()
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(FarEndProcess).Assembly.Location, FarEnd.Argument])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The far end did not start.");
        var said = line.Split(' ');
        return new FarEndProcess(process, OnLoopback(said[0]), OnLoopback(said[1]), ulong.Parse(said[2], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static IPEndPoint OnLoopback(string port) => new(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture));
}

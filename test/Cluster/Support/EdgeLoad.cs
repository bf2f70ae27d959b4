using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Frontier.Cluster.Tests.Support;

/// <summary>Edges of the load tool, spread over gateways; online until it is disposed of. The tool splits itself where one process may not hold so many sockets.</summary>
internal sealed class EdgeLoad : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private EdgeLoad(Process process) => _process = process;

    /// <summary>Starts to connect edges; returns at once.</summary>
    public static EdgeLoad Start(int edges, IReadOnlyList<ClusterProcess> gateways)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(
                "dotnet",
                [
                    typeof(Frontier.Load.LoadOptions).Assembly.Location, "connect",
                    "--edges", edges.ToString(CultureInfo.InvariantCulture),
                    "--edge-address", string.Join(',', gateways.Select(gateway => $"127.0.0.1:{gateway.EdgePort}")),
                    "--service-address", $"127.0.0.1:{gateways[0].ServicePort}",
                    "--warm-up", "0s", "--duration", "60m",
                ])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        var load = new EdgeLoad(process);
        process.OutputDataReceived += load.Keep;
        process.ErrorDataReceived += load.Keep;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return load;
    }

    /// <summary>Whether the tool has given up.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Fails when the tool has given up.</summary>
    public void ThrowIfEnded()
    {
        if (HasEnded)
        {
            _process.WaitForExit(); // Until the last of its output is here.
            throw new AssertionException($"the load tool ended with exit code {_process.ExitCode}:{Environment.NewLine}{_output}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasEnded)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
        {
            _output.AppendLine(line.Data);
        }
    }
}

using System.Net;

namespace Frontier.Silo;

/// <summary>The ports of this process's Orleans silo, kept until the host is disposed of.</summary>
internal sealed class ClusterPorts : IDisposable
{
    private readonly ReservedPort _silo;
    private readonly ReservedPort _gateway;

    /// <summary>Takes both ports.</summary>
    /// <param name="options">Which ports.</param>
    /// <param name="listen">The address they are for.</param>
    /// <param name="advertised">The address under which others reach them.</param>
    /// <exception cref="Gateway.ListenException">Another process has one of them, or the address is not of this machine.</exception>
    public ClusterPorts(ClusteringOptions options, IPAddress listen, IPAddress advertised)
    {
        Address = advertised;
        Listen = listen;
        _silo = ReservedPort.Take($"{ClusteringOptions.Section}.silo_port", listen, options.SiloPort);
        try
        {
            _gateway = ReservedPort.Take($"{ClusteringOptions.Section}.gateway_port", listen, options.GatewayPort);
        }
        catch
        {
            _silo.Dispose();
            throw;
        }
    }

    /// <summary>The address under which others reach this process.</summary>
    public IPAddress Address { get; }

    /// <summary>The address to listen on.</summary>
    public IPAddress Listen { get; }

    /// <summary>The port for other silos.</summary>
    public int Silo => _silo.Number;

    /// <summary>The port for Orleans clients.</summary>
    public int Gateway => _gateway.Number;

    /// <inheritdoc/>
    public void Dispose()
    {
        _silo.Dispose();
        _gateway.Dispose();
    }
}

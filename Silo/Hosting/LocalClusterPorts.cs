namespace Frontier.Silo;

/// <summary>The loopback ports of this process's Orleans silo, kept until the host is disposed of.</summary>
internal sealed class LocalClusterPorts : IDisposable
{
    private readonly LoopbackPort _silo;
    private readonly LoopbackPort _gateway;

    /// <summary>Takes both ports.</summary>
    /// <exception cref="Gateway.ListenException">Another process has one of them.</exception>
    public LocalClusterPorts(LocalClusterOptions options)
    {
        _silo = LoopbackPort.Take($"{LocalClusterOptions.Section}.silo_port", options.SiloPort);
        try
        {
            _gateway = LoopbackPort.Take($"{LocalClusterOptions.Section}.gateway_port", options.GatewayPort);
        }
        catch
        {
            _silo.Dispose();
            throw;
        }
    }

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

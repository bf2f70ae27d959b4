using System.Net;
using Frontier.Gateway;

namespace Frontier.Silo;

/// <summary>Checks the section <c>cluster</c>.</summary>
internal sealed class LocalClusterOptionsValidator : SectionValidator<LocalClusterOptions>
{
    /// <inheritdoc/>
    protected override void Check(LocalClusterOptions options, ICollection<string> failures)
    {
        CheckPort("silo_port", options.SiloPort, failures);
        CheckPort("gateway_port", options.GatewayPort, failures);
        if (options.SiloPort != 0 && options.SiloPort == options.GatewayPort)
        {
            failures.Add($"{LocalClusterOptions.Section}.gateway_port: {options.GatewayPort} is also cluster.silo_port");
        }
    }

    private static void CheckPort(string key, int port, ICollection<string> failures)
    {
        if (port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort)
        {
            failures.Add($"{LocalClusterOptions.Section}.{key}: {port} is not a port");
        }
    }
}

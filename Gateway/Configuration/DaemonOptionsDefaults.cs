using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Frontier.Gateway;

/// <summary>Gives the gateway an id when the configuration names none.</summary>
internal sealed class DaemonOptionsDefaults(IConfiguration configuration) : IPostConfigureOptions<DaemonOptions>
{
    /// <inheritdoc/>
    public void PostConfigure(string? name, DaemonOptions options)
    {
        if (options.FrontierId.Length == 0)
        {
            options.FrontierId = configuration["NODE_NAME"] is { Length: > 0 } node ? $"frontier-{node}" : Environment.MachineName;
        }
    }
}

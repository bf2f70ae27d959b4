using System.Net;
using Frontier.Gateway;
using GatewayListenOptions = Frontier.Gateway.ListenOptions;

namespace Frontier.Silo;

/// <summary>The Orleans dashboard, for those who look after the cluster: section <c>dashboard</c>.</summary>
public sealed class DashboardOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "dashboard";

    /// <summary><c>dashboard.enable</c>: whether it runs. Default false: it samples every grain call.</summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; }

    /// <summary>
    /// <c>dashboard.listen</c>: where it listens. Default <c>127.0.0.1:30080</c>. An address that is not of loopback needs <see cref="Auth"/>, because the
    /// dashboard has no authentication of its own and shows more than the control plane does.
    /// </summary>
    [ConfigurationKeyName("listen")]
    public GatewayListenOptions Listen { get; init; } = new() { Addr = "127.0.0.1:30080" };

    /// <summary><c>dashboard.auth</c>: who may use it; browsers ask for a name, which may be anything, and the token as password. Default: everybody who reaches it.</summary>
    [ConfigurationKeyName("auth")]
    public AuthOptions Auth { get; init; } = new();
}

/// <summary>Checks the section <c>dashboard</c>, unless it is switched off.</summary>
internal sealed class DashboardOptionsValidator : SectionValidator<DashboardOptions>
{
    /// <inheritdoc/>
    protected override void Check(DashboardOptions options, ICollection<string> failures)
    {
        if (!options.Enable)
        {
            return;
        }

        ListenRules.Check($"{DashboardOptions.Section}.listen", options.Listen, failures);
        AuthRules.Check($"{DashboardOptions.Section}.auth", options.Auth, failures);
        if (options.Auth.Tokens.Count == 0 && ListenAddress.TryParse(options.Listen.Addr, out var address) && !IsLoopback(address.Host))
        {
            failures.Add($"{DashboardOptions.Section}.listen.addr: \"{options.Listen.Addr}\" can be reached from elsewhere, which needs {DashboardOptions.Section}.auth.tokens");
        }
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));
}

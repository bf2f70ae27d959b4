using System.CommandLine;
using System.CommandLine.Help;
using Frontier.Operator.Crd;
using Frontier.Operator.Leadership;
using k8s.Exceptions;

namespace Frontier.Operator;

/// <summary>The command line <c>frontier-operator</c>: reads it, runs the operator, and turns whatever stops it into one line each and exit code 1.</summary>
public static class OperatorCommand
{
    private static readonly OperatorOptions Defaults = new();

    private static readonly Option<string?> Kubeconfig = Text("--kubeconfig", "FILE", "How to reach the API server. Default: the pod's service account, outside of a cluster ~/.kube/config");
    private static readonly Option<string?> Context = Text("--context", "NAME", "The kubeconfig's context. Default: its current one");
    private static readonly Option<string?> Namespace = Text("--namespace", "NAME", "Look after the clusters of this namespace only. Default: all");
    private static readonly Option<bool> NoLeaderElection = new("--no-leader-election") { Description = "Lead at once; only for a single operator" };
    private static readonly Option<string?> LeaseNamespace = Text("--lease-namespace", "NAME", "The namespace of the Lease. Default: the operator's own");
    private static readonly Option<string> LeaseName = Value("--lease-name", "NAME", "The name of the Lease", Defaults.LeaseName);
    private static readonly Option<string?> Identity = Text("--identity", "NAME", "What this process calls itself. Default: its host's name and something random");
    private static readonly Option<double> LeaseDuration = Value("--lease-duration", "SECONDS", "How long a silent leader is waited for", Defaults.LeaseDuration.TotalSeconds);
    private static readonly Option<int> Workers = Value("--workers", "N", "How many clusters are looked at at once", Defaults.Workers);
    private static readonly Option<double> Resync = Value("--resync", "SECONDS", "How often every cluster is looked at though nothing changed", Defaults.Resync.TotalSeconds);
    private static readonly Option<int> HealthPort = Value("--health-port", "PORT", "The port of /healthz, /readyz and /metrics", Defaults.HealthPort);
    private static readonly Option<string> FrontierImage = Value("--frontier-image", "IMAGE", "The gateways' image, where a cluster names none", Defaults.FrontierImage);
    private static readonly Option<string> FrontlasImage = Value("--frontlas-image", "IMAGE", "The silos' image, where a cluster names none", Defaults.FrontlasImage);
    private static readonly Option<LogLevel> Level = Value("--log-level", "LEVEL", "The least severe of the log's messages", Defaults.LogLevel);

    /// <summary>Runs the command until the process is asked to stop.</summary>
    /// <param name="args">The command line without the program's name.</param>
    /// <param name="output">Where help, the version and the CRD go.</param>
    /// <param name="error">Where errors go.</param>
    /// <param name="cancellationToken">Stops the operator, as SIGTERM does.</param>
    /// <returns>The exit code: 0 after an orderly end, 1 when something is wrong or leadership was lost.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        var root = new Command("frontier-operator", "Looks after the FrontierClusters of a Kubernetes cluster.")
        {
            Kubeconfig, Context, Namespace, NoLeaderElection, LeaseNamespace, LeaseName, Identity, LeaseDuration, Workers, Resync, HealthPort,
            FrontierImage, FrontlasImage, Level, new HelpOption(), new VersionOption(),
        };
        var crd = new Command("crd", "Prints the CustomResourceDefinition.");
        crd.SetAction(async (_, _) =>
        {
            await output.WriteAsync(CustomResourceDefinition.ToYaml());
            return 0;
        });
        root.Subcommands.Add(crd);
        root.SetAction((parsed, cancellation) => RunAsync(Read(parsed), error, cancellation));
        var result = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Errors.Count > 0)
        {
            return await FailAsync(error, result.Errors.Select(problem => problem.Message));
        }

        return await result.InvokeAsync(
            new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false },
            cancellationToken);
    }

    private static async Task<int> RunAsync(OperatorOptions options, TextWriter error, CancellationToken cancellationToken)
    {
        var problems = options.Problems().ToList();
        if (problems.Count > 0)
        {
            return await FailAsync(error, problems);
        }

        try
        {
            await OperatorHost.RunAsync(options, cancellationToken);
            return 0;
        }
        catch (LeadershipLostException lost)
        {
            return await FailAsync(error, [$"leadership was lost: {lost.Message}"]);
        }
        catch (Exception failure) when (failure is KubeConfigException or IOException)
        {
            return await FailAsync(error, [failure.Message]);
        }
        catch (Exception failure)
        {
            // Nobody foresaw this one, so whoever looks for the cause needs all of it.
            return await FailAsync(error, [$"failed: {failure}"]);
        }
    }

    private static OperatorOptions Read(ParseResult parsed) => new()
    {
        Kubeconfig = parsed.GetValue(Kubeconfig),
        Context = parsed.GetValue(Context),
        Namespace = parsed.GetValue(Namespace) is { Length: > 0 } name ? name : null,
        LeaderElect = !parsed.GetValue(NoLeaderElection),
        LeaseNamespace = parsed.GetValue(LeaseNamespace),
        LeaseName = parsed.GetValue(LeaseName)!,
        Identity = parsed.GetValue(Identity),
        LeaseDuration = TimeSpan.FromSeconds(parsed.GetValue(LeaseDuration)),
        Workers = parsed.GetValue(Workers),
        Resync = TimeSpan.FromSeconds(parsed.GetValue(Resync)),
        HealthPort = parsed.GetValue(HealthPort),
        FrontierImage = parsed.GetValue(FrontierImage)!,
        FrontlasImage = parsed.GetValue(FrontlasImage)!,
        LogLevel = parsed.GetValue(Level),
    };

    private static Option<string?> Text(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description };

    private static Option<T> Value<T>(string name, string helpName, string description, T value) =>
        new(name) { HelpName = helpName, Description = description, DefaultValueFactory = _ => value };

    private static async Task<int> FailAsync(TextWriter error, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            await error.WriteLineAsync($"frontier-operator: {line}");
        }

        return 1;
    }
}

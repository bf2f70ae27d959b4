using System.CommandLine;
using System.CommandLine.Help;
using System.Text.RegularExpressions;

namespace Frontier.Silo;

/// <summary>The command line <c>frontier</c>: reads it, runs the host, and turns whatever stops the start into one line each and exit code 1.</summary>
public static partial class FrontierCommand
{
    private static readonly Option<FileInfo?> Config = new("--config", "-c")
    {
        Description = "YAML file with the configuration; a frontier.yaml of the original works as it is",
        HelpName = "FILE.yaml",
    };

    private static readonly Option<string?> Roles = new("--roles")
    {
        Description = "What this process does: 'gateway', 'silo', or 'all', which is both and the default; sets cluster.roles",
        HelpName = "ROLES",
    };

    private static readonly Option<bool> Check = new("--check")
    {
        Description = "Only check the configuration: exit code 0 when it is good, 1 when not",
    };

    private static readonly Argument<string[]> Overrides = new("overrides")
    {
        Description = "Any key of the configuration, for example --edgebound:listen:addr=0.0.0.0:4000",
        HelpName = "--SECTION:KEY=VALUE",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>Runs the command until the process is asked to stop.</summary>
    /// <param name="args">The command line without the program's name.</param>
    /// <param name="output">Where help, the version and the result of <c>--check</c> go. Not the log: that goes to the process's own streams.</param>
    /// <param name="error">Where errors go.</param>
    /// <param name="cancellationToken">Stops the host, as SIGTERM does.</param>
    /// <returns>The exit code: 0 after an orderly end, 1 when something is wrong with the command line or the configuration or the start fails.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(error);
        // Not a RootCommand: that one is named after the assembly.
        var root = new Command("frontier", "A gateway between services and edges.")
        {
            Config, Roles, Check, Overrides, new HelpOption(), new VersionOption(),
        };
        root.SetAction((result, cancellation) => RunAsync(result, output, error, cancellation));
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            return await FailAsync(error, parsed.Errors.Select(problem => problem.Message));
        }

        // Signals and exceptions are the host's to handle, not the parser's.
        var invocation = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            ProcessTerminationTimeout = null,
            EnableDefaultExceptionHandler = false,
        };
        return await parsed.InvokeAsync(invocation, cancellationToken);
    }

    private static async Task<int> RunAsync(ParseResult parsed, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            var settings = FrontierSettings.Load(new ConfigurationInputs
            {
                File = parsed.GetValue(Config)?.FullName,
                Overrides = ReadOverrides(parsed.GetValue(Overrides)!, parsed.GetValue(Roles)),
            });
            if (parsed.GetValue(Check))
            {
                foreach (var finding in settings.Audit.Describe())
                {
                    await output.WriteLineAsync($"warning: {finding}");
                }

                await output.WriteLineAsync("The configuration is good.");
                return 0;
            }

            await FrontierHost.RunAsync(settings, cancellationToken);
            return 0;
        }
        catch (Exception failure) when (StartFailure.Describe(failure) is { } lines)
        {
            return await FailAsync(error, lines);
        }
        catch (Exception failure)
        {
            // Nobody foresaw this one, so whoever looks for the cause needs all of it.
            return await FailAsync(error, [$"failed: {failure}"]);
        }
    }

    private static Dictionary<string, string?> ReadOverrides(string[] tokens, string? roles)
    {
        var overrides = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        if (roles is not null)
        {
            overrides[$"{ClusteringOptions.Section}:roles"] = roles;
        }

        var wrong = new List<string>();
        foreach (var token in tokens)
        {
            if (Override().Match(token) is { Success: true } match)
            {
                overrides[match.Groups["key"].Value] = match.Groups["value"].Value;
            }
            else
            {
                wrong.Add($"{token}: not an option; see --help. Keys of the configuration are set as --SECTION:KEY=VALUE");
            }
        }

        return wrong.Count == 0 ? overrides : throw new ConfigurationException(wrong);
    }

    private static async Task<int> FailAsync(TextWriter error, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            await error.WriteLineAsync($"frontier: {line}");
        }

        return 1;
    }

    [GeneratedRegex("^--(?<key>[^:=]+(:[^:=]+)+)=(?<value>.*)$", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Override();
}

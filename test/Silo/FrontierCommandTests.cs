namespace Frontier.Silo.Tests;

public sealed class FrontierCommandTests
{
    [TestCase("--limits:max_frame_bytes=banana", "frontier: limits.max_frame_bytes: \"banana\" is not a size such as 10485760, 64KiB or 10MiB (at most 2 GiB)")]
    [TestCase("--config=/nowhere/frontier.yaml", "frontier: /nowhere/frontier.yaml: no such file")]
    [TestCase("--bogus", "frontier: --bogus: not an option; see --help. Keys of the configuration are set as --SECTION:KEY=VALUE")]
    [TestCase("--roles=silo", "frontier: cluster.roles: a process with only the role 'silo' needs others, and the Redis server through which to find them: set cluster.redis")]
    [TestCase("--roles=gateway", "frontier: cluster.roles: a process with only the role 'gateway' needs others, and the Redis server through which to find them: set cluster.redis")]
    [TestCase("--roles=queen", "frontier: cluster.roles: \"queen\" is not 'gateway', 'silo', 'gateway,silo' or 'all'")]
    [TestCase("--edgebound:listen:addr=127.0.0.256:1", "frontier: edgebound.listen.addr: \"127.0.0.256:1\" is not host:port")]
    [TestCase("--edgebound:listen:addr=192.0.2.1:1", "frontier: edgebound.listen.addr: 192.0.2.1:1 is not an address of this machine")]
    [TestCase("--edgebound:listen:addr=nobody.invalid:1", "frontier: edgebound.listen.addr: nobody.invalid:1 cannot be resolved: *")]
    public async Task What_stops_the_start_is_one_line_and_exit_code_1(string argument, string line)
    {
        // The log goes where it does not matter: a start that fails must say so by itself.
        var (exitCode, output, error) = await Run([.. OtherPorts(argument), argument, "--log:level=fatal"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exitCode, Is.EqualTo(1));
            Assert.That(error.TrimEnd('\n').Split('\n'), Has.Length.EqualTo(1));
            Assert.That(error.TrimEnd('\n'), line.EndsWith('*') ? Does.StartWith(line[..^1]) : Is.EqualTo(line));
            Assert.That(output, Is.Empty);
        }
    }

    [TestCase("gateway,silo")]
    [TestCase("silo,gateway")]
    [TestCase("all")]
    public async Task All_roles_in_one_process_are_possible(string roles)
    {
        var (exitCode, output, _) = await Run(["--check", "--roles", roles]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exitCode, Is.Zero);
            Assert.That(output, Is.EqualTo("The configuration is good.\n"));
        }
    }

    [Test]
    public async Task A_check_names_what_has_no_effect()
    {
        var (exitCode, output, _) = await Run(["--check", "--edgebound:listen:adr=0.0.0.0:1", "--daemon:pprof:enable=true"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exitCode, Is.Zero);
            Assert.That(output, Does.Contain("warning: Not supported yet and ignored: daemon.pprof\n"));
            Assert.That(output, Does.Contain("did you mean edgebound.listen.addr?\n"));
        }
    }

    [Test]
    public async Task A_value_on_the_command_line_may_hold_any_character()
    {
        var (exitCode, _, error) = await Run(["--check", "--edgebound:listen:addr=a=b:c"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exitCode, Is.EqualTo(1));
            Assert.That(error, Is.EqualTo("frontier: edgebound.listen.addr: \"a=b:c\" is not host:port\n"));
        }
    }

    [Test]
    public async Task Help_and_version_are_shown()
    {
        var (helpCode, help, _) = await Run(["--help"]);
        var (versionCode, version, _) = await Run(["--version"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((helpCode, versionCode), Is.EqualTo((0, 0)));
            Assert.That(help, Does.Contain("--config").And.Contain("--roles").And.Contain("--check").And.Contain("frontier"));
            Assert.That(version.Trim(), Does.Match(@"^\d+\.\d+\.\d+"));
        }
    }

    private static IEnumerable<string> OtherPorts(string argument) => Settings.OnFreePorts
        .Select(key => $"--{key.Key}={key.Value}")
        .Where(other => other.Split('=')[0] != argument.Split('=')[0]);

    private static async Task<(int ExitCode, string Output, string Error)> Run(string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var exitCode = await FrontierCommand.RunAsync(args, output, error);
        return (exitCode, output.ToString(), error.ToString());
    }
}

namespace Frontier.Load.Tests;

public sealed class ServerProcessTests
{
    [Test]
    public void A_gateways_start_line_says_where_it_listens()
    {
        const string Line = "2026-11-23T03:45:23.711Z info: Frontier.Silo.StartReport[1] Frontier 0.1.0 vm is up: services on 0.0.0.0:41391, edges on 127.0.0.1:39239, "
            + "control plane on off, health and metrics on [::]:39091, Orleans on 127.0.0.1:33645 (silo) and 127.0.0.1:39723 (clients)";
        Assert.That(ServerProcess.TryReadStartLine(Line, out var match));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ServerProcess.Reachable(match.Groups["services"].Value).ToString(), Is.EqualTo("127.0.0.1:41391"));
            Assert.That(ServerProcess.Reachable(match.Groups["edges"].Value).ToString(), Is.EqualTo("127.0.0.1:39239"));
            Assert.That(ServerProcess.Reachable(match.Groups["metrics"].Value).ToString(), Is.EqualTo("127.0.0.1:39091"));
        }
    }

    [Test]
    public void Any_other_line_is_not_one() => Assert.That(ServerProcess.TryReadStartLine("Frontier vm is leaving", out _), Is.False);

    [Test]
    public void A_server_that_ends_at_once_is_quoted()
    {
        var run = () => LoadRun.RunAsync(new LoadOptions { Mode = LoadMode.Call, Start = "sh -c \"echo out of luck; exit 7\"" }, NoProgress.Instance, CancellationToken.None);
        Assert.That(run, Throws.TypeOf<LoadException>().With.Message.Contain("exit code 7").And.Message.Contain("out of luck"));
    }

    [Test]
    public void A_command_that_does_not_exist_is_named()
    {
        var run = () => LoadRun.RunAsync(new LoadOptions { Mode = LoadMode.Call, Start = "no-such-command-here" }, NoProgress.Instance, CancellationToken.None);
        Assert.That(run, Throws.TypeOf<LoadException>().With.Message.Contain("no-such-command-here"));
    }
}

namespace Frontier.Samples.Tests;

public sealed class DeviceConsoleTests
{
    private const string Program = "samples/DeviceConsole";

    [Test]
    public async Task The_console_lists_calls_messages_streams_and_says_what_fails()
    {
        await using var frontier = await FrontierProgram.StartAsync();
        await using var device = new RunningProgram(Program, "device", "--gateway", frontier.Edges, "--id", "7", "--meta", "pump");
        await device.PrintsAsync("Device 7 is online");
        await using var shell = new RunningProgram(
            Program, "shell", "--gateway", frontier.Services, "--control", $"http://{frontier.Control}", "--script",
            "edges", "call 7 echo hello there", "call 7 uptime", "publish 7 news it works", "stream 7 some bytes", "call 8 echo nobody", "call seven echo", "watch", "help", "exit");
        Assert.That(await shell.EndsAsync(), Is.Zero, shell.Output);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(shell.Output, Does.Contain("pump"));
            Assert.That(shell.Output, Does.Contain("echo: hello there"));
            Assert.That(shell.Output, Does.Contain("uptime: 00:"));
            Assert.That(shell.Output, Does.Contain("acknowledged"));
            Assert.That(shell.Output, Does.Contain("stream: some bytes"));
            Assert.That(shell.Output, Does.Contain("edge not online"));
            Assert.That(shell.Output, Does.Contain("watching who comes and goes"));
            Assert.That(shell.Output, Does.Contain("publish EDGE TOPIC"));
        }

        await device.PrintsAsync("news: it works");
        Assert.That(await device.InterruptAsync(), Is.Zero, device.Output);
    }
}
